import { type Program, type Run, type SharedParameter, trainedTables } from "../../src/runtime/program.js";
import { Replica, type RowGradients } from "../../src/runtime/replica.js";
import { createSession } from "../../src/runtime/threads/session.js";

export interface GradientSum {
  readonly data: Float32Array;
  /** For a table fed by rows: 1 where a row has received something. */
  readonly touched: Uint8Array | undefined;
}

/** Runs programs that train, by one replica on this thread: its outputs run by run, and the summed gradients. */
export async function accumulate(
  programs: readonly Program[],
  parameters: ReadonlyMap<string, SharedParameter>,
  runs: readonly Run[],
): Promise<{ outputs: Record<string, Float32Array>[]; gradients: Map<string, GradientSum> }> {
  const rows = zeroRows(programs[0]!, parameters);
  const replica = new Replica(programs, ({ model }) => createSession(model), parameters);
  const outputs = await replica.accumulate(runs, rows);
  await replica.release();
  const whole = [...replica.whole].map(
    ([name, { sum }]) => [name, { data: sum, touched: undefined }] as const,
  );
  return { outputs, gradients: new Map<string, GradientSum>([...rows, ...whole]) };
}

/** Where the gradients of tables fed by rows can be summed. */
export function zeroRows(
  program: Program,
  parameters: ReadonlyMap<string, SharedParameter>,
): Map<string, RowGradients> {
  return new Map(
    [...trainedTables(program)].map((name) => {
      const { data, shape } = parameters.get(name)!;
      const touched = new Uint8Array(data.length / shape.at(-1)!);
      return [name, { data: new Float32Array(data.length), touched }];
    }),
  );
}
