/** Adam's moments of every parameter that is trained, as whole tensors by the parameter's name. */
export type Moments = ReadonlyMap<string, MomentPair>;

/** Running means of the gradient and of its square, laid out like the parameter; in shared memory. */
export interface MomentPair {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}
