import type { StateDict } from "../../weights/tensor.js";

/**
 * The state dict of a file, which a model can have for its own instead of a copy: as long as nobody else has seen
 * it. Whoever asks after that gets the file read again, so that training one model never shows in another.
 */
export class FileState {
  readonly #read: () => StateDict;
  #state: StateDict | undefined;
  #isSeen = false;

  /** @param read reads the file anew into memory that nobody else has */
  constructor(read: () => StateDict, state: StateDict) {
    this.#read = read;
    this.#state = state;
  }

  /** To look at, and to keep; always the same. */
  see(): StateDict {
    this.#isSeen = true;
    return this.#current();
  }

  /** For a model; `adopt` says whether it may have it for its own. */
  take(): { readonly state: StateDict; readonly adopt: boolean } {
    const state = this.#current();
    const adopt = !this.#isSeen;
    if (adopt) this.#state = undefined;
    return { state, adopt };
  }

  #current(): StateDict {
    this.#state ??= this.#read();
    return this.#state;
  }
}
