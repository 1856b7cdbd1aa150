import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { toMxnetNames } from "../src/bert/mxnet-names.js";
import { parseMxnet } from "../src/weights/mxnet.js";
import { parseWeights } from "../src/weights/parse-weights.js";
import { type StateDict, toFloat32 } from "../src/weights/tensor.js";
import { fail, readBytes, succeed, temporaryFolder, tunebert } from "./support/command.js";
import { TINY_TRAINING, tinyCheckpoint, tinyPairs, toCsv, writePretrained } from "./support/tiny.js";
import { described, weightsFixture } from "./support/weights.js";

const folder = temporaryFolder();
const at = (...path: string[]) => join(folder, ...path);
const read = (...path: string[]): StateDict => parseWeights(readBytes(folder, ...path), path.join("/"));
const sorted = (state: StateDict) => described(state).sort(([a], [b]) => (a < b ? -1 : 1));

const torch = parseWeights(weightsFixture("bert.zip.pt"), "bert.zip.pt");

beforeAll(() => {
  writeFileSync(at("torch.params"), weightsFixture("bert.zip.pt"));
  writeFileSync(at("mxnet.params"), weightsFixture("mxnet-bert.params"));
  writeFileSync(at("types.npz"), weightsFixture("npz-types.npz"));
});

describe("the format is that of the output's name, the names are PyTorch's", () => {
  test.each(["a.safetensors", "a.pt", "a.npz", "a.params", "a.BIN"])("%s", async (name) => {
    const { stdout, stderr } = await succeed(["convert", at("torch.params"), at(name)]);
    expect(stdout).toMatch(new RegExp(`${name}: 45 tensors, (safetensors|torch|npz)\\n$`));
    expect(stderr).toBe("");
    expect(sorted(read(name))).toEqual(sorted(torch));
  });

  test("of what MXNet wrote, too", async () => {
    await succeed(["convert", at("mxnet.params"), at("from-mxnet.pt")]);
    expect(sorted(read("from-mxnet.pt"))).toEqual(sorted(torch));
  });
});

test("--format mxnet writes what MXNet would have written, in its names", async () => {
  const { stdout } = await succeed(["convert", at("torch.params"), at("to.params"), "--format", "mxnet"]);
  expect(stdout).toBe(`${at("to.params")}: 45 tensors, mxnet\n`);
  expect(sorted(parseMxnet(readBytes(folder, "to.params")))).toEqual(
    sorted(parseMxnet(weightsFixture("mxnet-bert.params"))),
  );
  // there and back again gives the same bytes
  await succeed(["convert", at("to.params"), at("back.pt")]);
  await succeed(["convert", at("torch.params"), at("direct.pt")]);
  expect(readBytes(folder, "back.pt")).toEqual(readBytes(folder, "direct.pt"));
});

test("--names takes precedence over the format", async () => {
  await succeed(["convert", at("torch.params"), at("gluon.npz"), "--names", "mxnet"]);
  expect(sorted(read("gluon.npz"))).toEqual(sorted(toMxnetNames(torch)));
  await succeed(["convert", at("mxnet.params"), at("plain.params"), "--format", "mxnet", "--names", "torch"]);
  expect(sorted(read("plain.params"))).toEqual(sorted(torch));
});

test("what is no BERT keeps its names and types", async () => {
  await succeed(["convert", at("types.npz"), at("types.legacy"), "--format", "torch-legacy"]);
  expect(described(read("types.legacy"))).toEqual(described(read("types.npz")));
});

test("--float16 halves real numbers, and leaves integers", async () => {
  await succeed(["convert", at("torch.params"), at("half.safetensors"), "--float16"]);
  const half = read("half.safetensors");
  for (const [name, tensor] of torch) {
    const found = half.get(name)!;
    expect(found.type, name).toBe("float16");
    toFloat32(found, name).forEach((value, i) => {
      const whole = toFloat32(tensor, name)[i]!;
      expect(Math.abs(value - whole)).toBeLessThanOrEqual(Math.abs(whole) * 2 ** -11 + 2 ** -25);
    });
  }
  await succeed(["convert", at("types.npz"), at("types.safetensors"), "--float16"]);
  const types = new Set([...read("types.safetensors").values()].map(({ type }) => type));
  expect(types).toContain("int64");
  expect([...types].some((type) => /float(32|64)/.test(type))).toBe(false);
});

test("inspect lists what every format holds", async () => {
  const lists = await Promise.all(
    ["torch.params", "mxnet.params", "types.npz"].map((name) => succeed(["inspect", at(name)])),
  );
  expect(lists[0]!.stdout).toMatch(/^encoder\.pos_embedding +float32 +\[1, 6, 8\]\n/);
  expect(lists[1]!.stdout).toMatch(/^mlm\.mlp\.1\.gamma +float32 +\[8\]$/m);
  expect(lists[2]!.stdout).toMatch(/^scalar +float32 +\[\]$/m);
  expect(lists[2]!.stdout).toMatch(/^14 tensors, 65 elements$/m);
});

describe("a fine-tuned model", () => {
  beforeAll(async () => {
    writeFileSync(at("pairs.csv"), toCsv(tinyPairs()));
    const given = writePretrained(at("given"), { state: withHeads() });
    const flags = ["--pretrained", given, "--heads", "2", ...TINY_TRAINING, "--epochs", "1"];
    await succeed(["train", "--train", at("pairs.csv"), ...flags, "--out", at("nli")]);
  });

  function withHeads(): StateDict {
    const state = tinyCheckpoint();
    const [rows, hidden] = state.get("encoder.token_embedding.weight")!.shape as [number, number];
    const heads: [string, number[]][] = [
      ["mlm.mlp.0.weight", [hidden, hidden]],
      ["mlm.mlp.0.bias", [hidden]],
      ["mlm.mlp.2.weight", [hidden]],
      ["mlm.mlp.2.bias", [hidden]],
      ["mlm.mlp.3.weight", [rows, hidden]],
      ["mlm.mlp.3.bias", [rows]],
      ["nsp.output.weight", [2, hidden]],
      ["nsp.output.bias", [2]],
    ];
    for (const [name, shape] of heads) {
      const length = shape.reduce((product, dimension) => product * dimension, 1);
      const data = Float32Array.from({ length }, (_, i) => Math.sin(i + name.length));
      state.set(name, { type: "float32", shape, data });
    }
    return state;
  }

  test("becomes d2l's BERTModel, the pretraining heads unchanged and the output layer left out", async () => {
    const { stderr } = await succeed([
      ...["convert", at("nli", "model.safetensors"), at("model.params"), "--class", "model"],
    ]);
    expect(stderr).toBe("left out, not in the class: output.weight, output.bias\n");
    const before = read("given", "pretrained.params");
    const after = read("model.params");
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
    const heads = (state: StateDict) => sorted(state).filter(([name]) => /^(mlm|nsp)\./.test(name));
    expect(heads(after)).toEqual(heads(before));
    expect(heads(after)).toHaveLength(8);
    expect(after.get("hidden.0.weight")).not.toEqual(before.get("hidden.0.weight"));
  });

  test("becomes d2l's BERTClassifier, without the heads", async () => {
    await succeed(["convert", at("nli", "model.safetensors"), at("classifier.pt"), "--class", "classifier"]);
    const names = [...read("classifier.pt").keys()];
    expect(names.filter((name) => !name.startsWith("encoder."))).toEqual([
      ...["hidden.0.weight", "hidden.0.bias", "output.weight", "output.bias"],
    ]);
  });
});

test("--help says what each flag and each name does", async () => {
  const { stdout } = await succeed(["convert", "--help"]);
  for (const flag of ["format", "names", "class", "overwrite"]) {
    expect(stdout).toMatch(new RegExp(`^ +--${flag}\\b.* {2}\\S`, "m"));
  }
  expect(stdout.replace(/\s+/g, " ")).toContain(".pt, .pth, .bin and .params are PyTorch's");
});

describe("refuses", () => {
  const listing = () => readdirSync(folder).sort();

  test("to write over a file, unless told to", async () => {
    await succeed(["convert", at("torch.params"), at("once.pt")]);
    const message = await fail(["convert", at("mxnet.params"), at("once.pt")]);
    expect(message).toBe(`${at("once.pt")} exists already; pass --overwrite to replace it`);
    await succeed(["convert", at("types.npz"), at("once.pt"), "--overwrite"]);
    expect(read("once.pt").size).toBe(14);
  });

  test("a name that stands for no format", async () => {
    const files = listing();
    const { code, stderr } = await tunebert(["convert", at("torch.params"), at("weights.xyz")]);
    expect(code).toBe(2);
    expect(stderr).toContain("stands for no format; give --format safetensors|torch|torch-legacy|mxnet|npz");
    expect(listing()).toEqual(files);
  });

  test("what the class lacks, and says in which file", async () => {
    const files = listing();
    const message = await fail(["convert", at("torch.params"), at("no.pt"), "--class", "classifier"]);
    expect(message).toMatch(/^.*torch\.params: the weights are not all of a BERTClassifier: output\.weight,/);
    expect(listing()).toEqual(files);
  });

  test("what the format lacks, and leaves nothing behind", async () => {
    const files = listing();
    const message = await fail(["convert", at("types.npz"), at("no.params"), "--format", "mxnet"]);
    expect(message).toContain('no.params: tensor "int16" holds int16 values, which MXNet has not');
    expect(listing()).toEqual(files);
  });

  test("what is no weights file, or not there", async () => {
    writeFileSync(at("text.txt"), "words");
    expect(await fail(["convert", at("text.txt"), at("no.pt")])).toContain("text.txt is no weights file");
    expect(await fail(["convert", at("absent"), at("no.pt")])).toContain("there is no such file");
    expect(await fail(["convert", at("torch.params"), at("absent", "no.pt")])).toContain("cannot write");
  });
});
