import { writeFileSync } from "node:fs";
import { TunebertError } from "../src/error.js";
import { checkpoints } from "./checkpoints.js";
import { encode } from "./encode.js";
import { inference } from "./inference.js";
import { machine } from "./machine.js";
import { type BenchOptions, parseCommandLine, type SectionName } from "./options.js";
import { peers } from "./peers.js";
import { formatTable, type Table } from "./report.js";
import { scaling } from "./scaling.js";
import { train } from "./train.js";
import { loadWorkload, type Workload } from "./workload.js";

type Section = (options: BenchOptions, workload: Workload) => AsyncGenerator<Table>;

const sections: Record<SectionName, Section> = {
  machine,
  train,
  inference,
  scaling,
  peers,
  encode,
  checkpoints,
};

const { sections: chosen, options } = parseCommandLine();
const tables: (Table & { section: SectionName })[] = [];
try {
  const workload = await loadWorkload(options);
  for (const section of chosen) {
    for await (const table of sections[section](options, workload)) {
      console.log(formatTable(table));
      tables.push({ section, ...table });
      if (options.json) writeFileSync(options.json, `${JSON.stringify({ options, tables }, null, 2)}\n`);
    }
  }
} catch (error) {
  console.error(error instanceof TunebertError ? `bench: ${error.message}` : error);
  process.exit(1);
}
