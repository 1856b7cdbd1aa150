/** What a gradient is multiplied by so that its norm is at most `limit`: as PyTorch's `clip_grad_norm_` has it. */
export function clipFactor(norm: number, limit: number): number {
  return Math.min(1, limit / (norm + 1e-6));
}
