/**
 * The one error that tunebert throws on purpose. Its message says what was wrong, where (file, row, tensor
 * name), what was expected and what to do; the command line prints that message alone and exits with 1.
 */
export class TunebertError extends Error {
  override readonly name = "TunebertError";
}
