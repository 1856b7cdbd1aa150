// Runs 0.js, 1.js and so on of the working folder, each in a copy of its folder files, and prints at the end what came of
// each, as a line of JSON.
import { cpSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";

const root = process.cwd();
const runs = [];
for (let i = 0; i < Number(process.argv[2]); i++) {
  const lines = [];
  const place = join(root, `place-${i}`);
  cpSync(join(root, "files"), place, { recursive: true });
  process.chdir(place);
  globalThis.promise = (promised, value) => {
    lines.push({ promised, printed: typeof value === "string" ? value : inspect(value) });
  };
  const failure = await import(pathToFileURL(join(root, `${i}.js`)).href).then(
    () => undefined,
    (error) => inspect(error),
  );
  runs.push({ failure, lines });
}
console.log(`\n${JSON.stringify(runs)}`);
