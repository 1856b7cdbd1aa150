/** What an error says: a line, or a list of them. */
export type ErrorText = string | readonly string[];

/** What an error about options says, made of what these are called. */
export type OptionErrorText = (...options: string[]) => ErrorText;

/** What an error carries beside its text. */
export interface TunebertErrorOptions {
  /** The option that the error is about, or several, by their names in the API. */
  readonly option?: string | readonly string[];
  /** What was thrown first. */
  readonly cause?: unknown;
}

/**
 * The one error that tunebert throws on purpose. Its message says what was wrong, where (file, row, tensor
 * name), what was expected and what to do; the command line prints that message alone and exits with 1.
 *
 * A text that names options gets their names as arguments, so that the message has those of the API and the command
 * line says its flags, and no other word is touched.
 *
 * @example
 * try {
 *   await loadModel("nowhere");
 * } catch (error) {
 *   if (!(error instanceof TunebertError)) throw error;
 *   console.error(error.message);
 * }
 */
export class TunebertError extends Error {
  override readonly name = "TunebertError";
  /** The options that it is about, by their names in the API. */
  readonly options: readonly string[];
  readonly #text: ErrorText | OptionErrorText;

  /**
   * An error that is thrown on purpose.
   * @param text as a function where it names the options, whose names it gets in their order
   */
  constructor(text: ErrorText | OptionErrorText, { option = [], ...rest }: TunebertErrorOptions = {}) {
    const options = [option].flat();
    super(linesOf(text, options).join("\n"), rest);
    this.options = options;
    this.#text = text;
  }

  /** The option that it is about; the first where there are several. */
  get option(): string | undefined {
    return this.options[0];
  }

  /**
   * The lines of the message, with options called otherwise.
   * @param nameOf what readers call an option, given its name in the API
   */
  told(nameOf: (option: string) => string): string[] {
    return linesOf(this.#text, this.options.map(nameOf));
  }

  /** The same with something before its first line, such as the file's name, and lines after its last. */
  wrap(before: string, ...after: readonly string[]): TunebertError {
    const text = (...names: string[]) => {
      const [first, ...others] = linesOf(this.#text, names);
      return [`${before}${first}`, ...others, ...after];
    };
    return new TunebertError(text, { option: this.options, cause: this });
  }
}

function linesOf(text: ErrorText | OptionErrorText, options: readonly string[]): string[] {
  return [typeof text === "function" ? text(...options) : text].flat();
}
