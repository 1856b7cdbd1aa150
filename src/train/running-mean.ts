/** A mean over values that stand for several examples each. */
export class RunningMean {
  #sum = 0;
  #count = 0;

  /** @param mean of `count` examples */
  add(mean: number, count: number): void {
    this.#sum += mean * count;
    this.#count += count;
  }

  get value(): number {
    return this.#sum / this.#count;
  }
}
