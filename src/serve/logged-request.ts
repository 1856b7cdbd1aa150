/** A request that has been answered, as the log has it: without the texts. */
export interface LoggedRequest {
  readonly time: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
  /** How many it asked about. */
  readonly examples?: number | undefined;
  /** Why it failed, where that is not the caller's fault. */
  readonly error?: string | undefined;
}
