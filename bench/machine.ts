import { availableParallelism, cpus, loadavg } from "node:os";
import { env } from "onnxruntime-node";
import type { BenchOptions } from "./options.js";
import type { Row, Table } from "./report.js";
import { Sgemm } from "./sgemm.js";
import { median } from "./statistics.js";

/** What the figures were measured on, and the most that it can do. */
export async function* machine({ threads, runs }: BenchOptions): AsyncGenerator<Table> {
  yield {
    title: "Machine",
    rows: [
      {
        processor: cpus()[0]?.model ?? "unknown",
        cores: availableParallelism(),
        "load at the start": loadavg()[0],
        node: process.version,
        "onnxruntime-node": env.versions.node,
        date: new Date().toISOString(),
      },
    ],
  };
  const counts = [...new Set([1, threads])];
  const ceilings = counts.map((count) => new Sgemm(count));
  const measured: Map<number, number>[][] = counts.map(() => []);
  for (let run = 0; run <= runs; run++) {
    for (const [i, ceiling] of ceilings.entries()) {
      const rates = await ceiling.measure();
      if (run > 0) measured[i]!.push(rates);
    }
  }
  await Promise.all(ceilings.map((ceiling) => ceiling.close()));
  yield {
    title: "sgemm ceiling, GFLOP/s",
    rows: counts.map((count, i) => ceilingRow(count, measured[i]!)),
    notes: [
      `Gemm of two square matrices in ONNX Runtime, a session with one thread each; runs: ${runs}, in turn; median`,
    ],
  };
}

function ceilingRow(threads: number, runs: readonly Map<number, number>[]): Row {
  const row: Record<string, number> = { threads };
  for (const size of runs[0]!.keys())
    row[`${size} × ${size}`] = median(runs.map((run) => run.get(size)!)) / 1e9;
  return { ...row, ceiling: median(runs.map((run) => Math.max(...run.values()))) / 1e9 };
}
