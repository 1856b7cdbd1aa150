/**
 * How many bits the magnitude and the sign of a weight take. With 8, processors without VNNI add two products of bytes in 16 bits,
 * which overflow where weights and activations are large; with 7 they cannot.
 */
export type WeightBits = 7 | 8;

/** What is right on every processor. */
export const USUAL_BITS: WeightBits = 7;
