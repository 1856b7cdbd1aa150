import { TunebertError } from "../error.js";
import { quote } from "./show.js";
import type { Tensor, TensorData } from "./tensor.js";

/**
 * A tensor whose elements are of a type that is not read, such as float8 or complex numbers. It can be listed, and the
 * other tensors of its file are there; it is refused when its own elements are asked for.
 */
export class UnreadTensor implements Tensor {
  readonly #name: string;

  /** @param name what the file calls the tensor, for the error */
  constructor(
    readonly type: string,
    readonly shape: readonly number[],
    name: string,
  ) {
    this.#name = name;
  }

  get data(): TensorData {
    throw new TunebertError(
      `tensor ${quote(this.#name)} holds ${quote(this.type)} values, which are not read; save it again as float32, ` +
        "or leave it out of the file if it is not needed",
    );
  }
}
