// Compares the logits of exported models with tunebert's own, on real examples: in Python's transformers and onnxruntime, and in
// Transformers.js, in Node and in headless Chromium.
//
//   npm run build && node tools/check-export.mjs --data snli_1.0_dev.txt --js FOLDER --python PYTHON --chromium PROGRAM MODEL...
//
// MODEL is what training wrote, a classifier of pairs. FOLDER has @huggingface/transformers and puppeteer-core in its node_modules,
// PYTHON has transformers, onnx and onnxruntime. What is left out is not compared. Prints a line for each model and reader: the
// largest difference of a logit, and how many labels are others. Fails where a logit is further off than 1e-4, but for 8 bits.
import { spawnSync } from "node:child_process";
import {
  createReadStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { exportModel, loadModel, Predictor, TextDataset, threads } from "../dist/index.js";

const { values, positionals: models } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string" },
    js: { type: "string" },
    python: { type: "string" },
    chromium: { type: "string" },
    examples: { type: "string", default: "1000" },
  },
});
const EXACT = 1e-4;
const root = mkdtempSync(join(tmpdir(), "check-export-"));
let isWrong = false;

const rows = readFileSync(values.data, "utf8")
  .split("\n")
  .slice(1)
  .map((line) => line.split("\t"))
  .filter((cells) => cells.length > 6)
  .map((cells) => ({ text: cells[5], textPair: cells[6] }));
/** As a model reads them whole, since Transformers.js truncates otherwise than Python does. */
let pairs = [];

try {
  for (const model of models) await check(model);
} finally {
  rmSync(root, { recursive: true, force: true });
}
process.exitCode = isWrong ? 1 : 0;

async function check(model) {
  const out = join(root, basename(model));
  const { tokenizer, maxLength } = await loadModel(model, { task: "any" });
  const fits = ({ text, textPair }) =>
    !tokenizer.pack(tokenizer.ids(text), tokenizer.ids(textPair), maxLength, "longest-first").truncated;
  pairs = rows.slice(0, Number(values.examples)).map((pair) => shorten(pair, fits));
  writeFileSync(
    join(root, "pairs.json"),
    JSON.stringify(pairs.map(({ text, textPair }) => [text, textPair])),
  );
  const own = { fp32: await ownLogits(model, false), q8: await ownLogits(model, true) };
  await exportModel(model, { format: "onnx", out: `${out}-onnx` });
  const hasPython = await exportModel(model, { format: "transformers", out: `${out}-transformers` }).then(
    () => true,
    (error) => console.log(`${basename(model)}: no transformers: ${error.message}`),
  );
  compare(model, "8 bits here, beside float32", own.q8, own.fp32, Number.POSITIVE_INFINITY);
  if (values.python) {
    for (const [reader, folder] of [
      ["transformers", hasPython && `${out}-transformers`],
      ["onnxruntime", `${out}-onnx`],
    ]) {
      if (folder) compare(model, `Python's ${reader}`, python(reader, folder), own.fp32);
    }
  }
  if (values.js)
    for (const dtype of ["fp32", "q8"]) {
      const most = dtype === "fp32" ? EXACT : Number.POSITIVE_INFINITY;
      compare(
        model,
        `Transformers.js in Node, ${dtype}`,
        await inNode(`${out}-onnx`, dtype),
        own[dtype],
        most,
      );
      if (values.chromium) {
        compare(
          model,
          `Transformers.js in Chromium, ${dtype}`,
          await inChromium(`${out}-onnx`, dtype),
          own[dtype],
          most,
        );
      }
    }
}

/** The first words of both texts, as many as fit. */
function shorten({ text, textPair }, fits) {
  const first = (words) => ({
    text: text.split(" ").slice(0, words).join(" "),
    textPair: textPair.split(" ").slice(0, words).join(" "),
  });
  let words = 100;
  while (words > 1 && !fits(first(words))) words--;
  return first(words);
}

function compare(model, reader, found, expected, most = EXACT) {
  const labels = expected[0].length;
  let [largest, others] = [0, 0];
  expected.forEach((row, i) => {
    for (let k = 0; k < labels; k++) largest = Math.max(largest, Math.abs(row[k] - found[i][k]));
    others += row.indexOf(Math.max(...row)) === found[i].indexOf(Math.max(...found[i])) ? 0 : 1;
  });
  if (found.length !== expected.length || !(largest <= most)) isWrong = true;
  console.log(
    `${basename(model)}, ${reader}: ${found.length} pairs, logits within ${largest.toExponential(1)}, ${others} other labels`,
  );
}

async function ownLogits(folder, quantized) {
  const saved = await loadModel(folder, { task: "any" });
  const dataset = await TextDataset.encode(pairs, saved.tokenizer, { ...saved, unlabelled: "keep" });
  const predictor = await Predictor.start({ ...saved, quantized, device: threads(1) });
  const logits = await predictor.logits(dataset);
  await predictor.close();
  const width = saved.model.outputs;
  return pairs.map((_, i) => [...logits.subarray(i * width, (i + 1) * width)]);
}

function python(reader, folder) {
  const script = fileURLToPath(new URL("check-export.py", import.meta.url));
  const { status, stdout, stderr } = spawnSync(
    values.python,
    [script, reader, folder, join(root, "pairs.json")],
    {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Where a package is that FOLDER has. */
function packageOf(name) {
  return createRequire(join(values.js, "package.json")).resolve(name);
}

/** What is run in Node and in a page alike: a library, a folder's parent and name, and the pairs. */
async function ask({ AutoTokenizer, AutoModelForSequenceClassification, env }, { path, name, dtype, pairs }) {
  env.localModelPath = path;
  env.allowLocalModels = true;
  env.allowRemoteModels = false;
  const tokenizer = await AutoTokenizer.from_pretrained(name);
  const model = await AutoModelForSequenceClassification.from_pretrained(name, { dtype });
  const all = [];
  for (const [first, second] of pairs) {
    const { logits } = await model(await tokenizer(first, { text_pair: second, truncation: true }));
    all.push(logits.tolist()[0]);
  }
  return all;
}

async function inNode(folder, dtype) {
  const library = await import(pathToFileURL(packageOf("@huggingface/transformers")).href);
  const list = JSON.parse(readFileSync(join(root, "pairs.json"), "utf8"));
  return ask(library, { path: root, name: basename(folder), dtype, pairs: list });
}

async function inChromium(folder, dtype) {
  const puppeteer = (await import(pathToFileURL(packageOf("puppeteer-core")).href)).default;
  const types = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".html": "text/html",
    ".json": "application/json",
    ".wasm": "application/wasm",
  };
  const modules = join(values.js, "node_modules");
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://page").pathname);
    const file = path.startsWith("/modules/") ? join(modules, path.slice(9)) : join(root, path);
    if (path === "/")
      return void response.setHeader("content-type", "text/html").end("<!doctype html><title>page</title>");
    if (!existsSync(file) || !statSync(file).isFile()) return void response.writeHead(404).end();
    response.setHeader("content-type", types[/\.\w+$/.exec(file)?.[0] ?? ""] ?? "application/octet-stream");
    response.setHeader("content-length", statSync(file).size);
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await puppeteer.launch({
    executablePath: values.chromium,
    args: ["--no-sandbox"],
    protocolTimeout: 600_000,
  });
  try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => console.log(error.message));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const given = JSON.stringify({ path: "/", name: basename(folder), dtype });
    return await page.evaluate(`(async () => {
      const library = await import("/modules/@huggingface/transformers/dist/transformers.min.js");
      library.env.backends.onnx.wasm.wasmPaths = "/modules/onnxruntime-web/dist/";
      library.env.backends.onnx.wasm.numThreads = 1;
      const pairs = await (await fetch("/pairs.json")).json();
      return (${ask})(library, { ...${given}, pairs });
    })()`);
  } finally {
    await browser.close();
    server.close();
  }
}
