/**
 * What a weights file may cost. Parsers count what they are about to allocate, so that a small file that was made to
 * unfold is refused before it does. A file of n bytes takes up to 32 n bytes of memory beside its own and 128 MiB, mostly
 * far less, and time in proportion to n.
 */

/**
 * A pickle: lists, dictionaries and other objects take up to 100 bytes of memory each, and a byte in the file is enough to
 * make one. In real files there is one for every 15 bytes or more: a tensor takes 100 bytes and makes 6.
 */
export const PICKLE_BYTES_PER_OBJECT = 8;
/** In short pickles anything goes. */
export const FREE_PICKLE_OBJECTS = 65_536;

/**
 * A safetensors header: JSON makes up to 100 bytes of each list and object. A tensor's description takes 50 bytes or more
 * and has three.
 */
export const HEADER_BYTES_PER_CONTAINER = 16;
/** In short headers anything goes. */
export const FREE_HEADER_CONTAINERS = 1000;

/**
 * The tensors of PyTorch's files, which may be views of one another, written out: layers that share their parameters name
 * them once each.
 */
export const MAX_VIEWED_BYTES_PER_BYTE = 8;
/** Small files may hold broadcast tensors (strides of 0) that unfold to many times their size. */
export const FREE_VIEWED_BYTES = 64 * 1024 * 1024;
/** The object in memory that a tensor is, whatever the number of its elements. */
export const TENSOR_OBJECT_BYTES = 256;

/** Compressed arrays of npz: trained weights hardly compress, but tables of zeros do. */
export const MAX_INFLATED_BYTES_PER_BYTE = 16;
/** Small files may well hold little but zeros. */
export const FREE_INFLATED_BYTES = 64 * 1024 * 1024;
