/** Pretrained weights as other programs leave them: with prefixes, among other things, beside what is not read. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadPretrained } from "../src/hub/store/pretrained.js";
import { parseWeights } from "../src/weights/parse-weights.js";
import { serializeSafetensors } from "../src/weights/safetensors.js";
import type { StateDict } from "../src/weights/tensor.js";
import { fail, succeed, temporaryFolder } from "./support/command.js";
import { TINY_TRAINING, tinyCheckpoint, tinyPairs, tinyVocabulary, toCsv } from "./support/tiny.js";
import { described, weightsFixture } from "./support/weights.js";

const folder = temporaryFolder();
const data = join(folder, "pairs.csv");
writeFileSync(data, toCsv(tinyPairs()));

/** A pretrained folder with these weights. */
function pretrained(name: string, weights: Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, "vocab.json"), JSON.stringify(tinyVocabulary()));
  writeFileSync(join(path, "pretrained.params"), weights);
  return path;
}

function prefixed(prefix: string): Uint8Array {
  return serializeSafetensors(
    new Map([...tinyCheckpoint()].map(([name, tensor]) => [prefix + name, tensor])),
  );
}

/** The checkpoint with a tensor that is called float8; its bytes are left as they are. */
function withFloat8(name: string, tensor = tinyCheckpoint().get(name)!): Uint8Array {
  const state: StateDict = new Map(tinyCheckpoint()).set(name, tensor);
  const bytes = serializeSafetensors(state);
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  header[name].dtype = "F8_E5M2";
  const text = new TextEncoder().encode(JSON.stringify(header));
  return Buffer.concat([
    Buffer.from(BigUint64Array.of(BigInt(text.length)).buffer),
    text,
    bytes.subarray(8 + length),
  ]);
}

const train = (path: string, ...flags: string[]) => {
  const settings = ["--pretrained", path, "--heads", "2", ...TINY_TRAINING, "--epochs", "1"];
  return ["train", "--train", data, ...settings, "--out", `${path}-out`, "--overwrite", ...flags];
};

describe("a prefix that all names share", () => {
  test("is taken off, and said", async () => {
    const plain = await loadPretrained(pretrained("plain", prefixed("")), { heads: 2 });
    const path = pretrained("wrapped", prefixed("module._orig_mod."));
    const wrapped = await loadPretrained(path, { heads: 2 });
    expect(described(wrapped.state)).toEqual(described(plain.state));
    const note = 'the names of all tensors begin with "module._orig_mod.", which is taken off';
    expect([plain.notes, wrapped.notes]).toEqual([[], [note]]);
    expect((await succeed(train(path))).stdout).toContain(`pretrained: ${note}\n`);
  });

  test("is taken off by convert, and shown by inspect", async () => {
    const input = join(pretrained("to-convert", prefixed("model.bert.")), "pretrained.params");
    const output = join(folder, "converted.safetensors");
    const { stderr } = await succeed(["convert", input, output]);
    expect(stderr).toBe('the names of all tensors begin with "model.bert.", which is taken off\n');
    expect((await succeed(["inspect", output])).stdout).toContain("\nhidden.0.bias ");
    expect((await succeed(["inspect", input])).stdout).toContain("\nmodel.bert.hidden.0.bias ");
  });
});

describe("a tensor of a type that is not read", () => {
  test("is left out where the model has no need of it, and said", async () => {
    const scale = { type: "float32", shape: [1], data: new Float32Array(1) } as const;
    const { notes, state } = await loadPretrained(pretrained("scale", withFloat8("scale", scale)), {
      heads: 2,
    });
    expect(notes).toEqual(["scale is left out: it holds F8_E5M2 values, and the model has no need of it"]);
    expect(described(state)).toEqual(described(parseWeights(prefixed(""), "plain")));
  });

  test("is refused by name and type where it is a parameter, and listed by inspect", async () => {
    const path = pretrained("float8", withFloat8("hidden.0.bias"));
    expect(await fail(train(path))).toContain("hidden.0.bias holds F8_E5M2 values; a parameter must hold");
    const { stdout } = await succeed(["inspect", join(path, "pretrained.params")]);
    expect(stdout).toMatch(/hidden\.0\.bias +F8_E5M2 +\[\d+\]\n/);
  });
});

describe("a checkpoint with several dictionaries of tensors", () => {
  const several = weightsFixture("several.zip.pt");

  test("is refused with their keys, of which --key takes one", async () => {
    const path = join(folder, "several.pt");
    writeFileSync(path, several);
    const found = '"model" (2 tensors), "ema.state_dict" (2 tensors)';
    expect(await fail(["inspect", path])).toContain(found);
    expect((await succeed(["inspect", path, "--key", "ema.state_dict"])).stdout).toContain(
      "weight  float32  [2, 1]\n",
    );
    const output = join(folder, "one.npz");
    await succeed(["convert", path, output, "--key", "model"]);
    expect((await succeed(["inspect", output])).stdout).toContain("weight  float32  [2, 3]\n");
  });

  test("is refused by train too, whose --key goes to the reader", async () => {
    const path = pretrained("several", several);
    expect(await fail(train(path))).toContain('"model" (2 tensors)');
    expect(await fail(train(path, "--key", "model"))).toContain("hold no encoder.");
    await expect(loadPretrained(path, { key: "none" })).rejects.toThrow('at the key "none"');
  });
});
