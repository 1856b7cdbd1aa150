/** One BERT, saved by d2l's PyTorch and MXNet programs and in our own formats, is one model: the same logits. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { toMxnetNames } from "../src/bert/mxnet-names.js";
import { TextDataset } from "../src/data/text-dataset.js";
import { classifierFrom, loadPretrained } from "../src/hub/store/pretrained.js";
import { Predictor } from "../src/predict/predictor.js";
import { Random } from "../src/random.js";
import { threads } from "../src/runtime/threads/threads.js";
import type { TextExample } from "../src/text/text-example.js";
import { parseWeights } from "../src/weights/parse-weights.js";
import { serializeWeights, WEIGHTS_FORMATS } from "../src/weights/serialize-weights.js";
import { temporaryFolder } from "./support/command.js";
import { expectedTensors, weightsFixture } from "./support/weights.js";

/** What tools/make-bert-fixtures.py recorded of PyTorch, and tools/make-mxnet-fixtures.py of MXNet. */
interface Expected {
  readonly heads: number;
  readonly output: Record<"output.weight" | "output.bias", number[]>;
  readonly logits: number[][];
}
const { heads, output, logits } = expectedTensors("bert-expected.json") as unknown as Expected;
const { logits: mxnetLogits } = expectedTensors("mxnet-expected.json") as unknown as Expected;

const LABELS = ["entailment", "contradiction", "neutral"];
/** With these the two pairs become the tokens that the fixtures' scripts computed with. */
const VOCABULARY = ["<unk>", "<pad>", "<mask>", "<cls>", "<sep>", "a", "b", "c", "d"];
const PAIRS: TextExample[] = [
  { text: "a", textPair: "b c", label: "neutral", row: 1 },
  { text: "d", textPair: "a", label: "neutral", row: 2 },
];

const folder = temporaryFolder();

function pretrained(name: string, weights: Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, "vocab.json"), JSON.stringify(VOCABULARY));
  writeFileSync(join(path, "pretrained.params"), weights);
  return path;
}

async function logitsOf(path: string): Promise<Float32Array> {
  const loaded = await loadPretrained(path, { heads });
  const model = classifierFrom(loaded, LABELS, new Random(0));
  for (const [name, values] of Object.entries(output)) model.parameters.get(name)!.data.set(values);
  const { tokenizer } = loaded;
  const predictor = await Predictor.start({ model, tokenizer, maxLength: 6, device: threads(1) });
  const dataset = await TextDataset.encode(PAIRS, tokenizer, { maxLength: 6, labels: LABELS });
  const found = await predictor.logits(dataset);
  await predictor.close();
  return found;
}

test("from PyTorch's files, MXNet's and all that we write of them: the logits of both libraries", async () => {
  const state = parseWeights(weightsFixture("bert.zip.pt"), "bert.zip.pt");
  const files: [string, Uint8Array][] = [
    ["PyTorch", weightsFixture("bert.zip.pt")],
    ["PyTorch, legacy", weightsFixture("bert.legacy.pt")],
    ["MXNet", weightsFixture("mxnet-bert.params")],
    ...WEIGHTS_FORMATS.map((format): [string, Uint8Array] => [format, serializeWeights(state, format)]),
    ["MXNet in npz", serializeWeights(toMxnetNames(state), "npz")],
  ];
  let first: Float32Array | undefined;
  for (const [name, bytes] of files) {
    const found = await logitsOf(pretrained(name, bytes));
    expect(found, name).toBeCloseToTensor(logits.flat(), { absolute: 1e-6 });
    expect(found, name).toBeCloseToTensor(mxnetLogits.flat(), { absolute: 1e-6 });
    first ??= found;
    expect(found, name).toEqual(first);
  }
});

test("a model trained on what was loaded leaves no trace in the next", async () => {
  const loaded = await loadPretrained(pretrained("twice", weightsFixture("bert.zip.pt")), { heads });
  const first = classifierFrom(loaded, LABELS, new Random(0)).parameters.get("hidden.0.bias")!.data;
  const before = first.slice();
  first.fill(9);
  const second = classifierFrom(loaded, LABELS, new Random(0)).parameters.get("hidden.0.bias")!.data;
  expect(second).toEqual(before);
  const seen = loaded.state.get("hidden.0.bias")!.data;
  expect(seen).toEqual(before);
  second.fill(9);
  classifierFrom(loaded, LABELS, new Random(0)).parameters.get("hidden.0.bias")!.data.fill(9);
  expect(seen).toEqual(before);
});

test("parameters are taken over where they lie in memory, the pretraining heads too", async () => {
  for (const name of ["bert.zip.pt", "bert.legacy.pt", "mxnet-bert.params"]) {
    const loaded = await loadPretrained(pretrained(`taken-${name}`, weightsFixture(name)), { heads });
    const model = classifierFrom(loaded, LABELS, new Random(0));
    const tensors = [...model.stateDict()].filter(([tensor]) => !tensor.startsWith("output."));
    expect(new Set(tensors.map(([, { data }]) => data.buffer)).size, name).toBe(1);
  }
});
