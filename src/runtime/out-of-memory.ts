import { TunebertError } from "../error.js";

/** What V8, its worker threads and ONNX Runtime say when memory is refused. */
const MESSAGES =
  /allocation failed|could not allocate memory|bad[ _]alloc|failed to allocate memory|out of memory|invalid (typed )?array (buffer )?length/i;

/** The error to be shown where memory was refused, with what to do; `undefined` for an error of another kind. */
export function memoryFailure(error: unknown): TunebertError | undefined {
  if (error instanceof TunebertError || !(error instanceof Error) || !MESSAGES.test(error.message))
    return undefined;
  return new TunebertError(
    (batchSize, maxLength, threads) =>
      `there is not enough memory (${error.message}). Lower ${batchSize}, ${maxLength} or ${threads}, or end other programs`,
    { option: ["batchSize", "maxLength", "threads"], cause: error },
  );
}
