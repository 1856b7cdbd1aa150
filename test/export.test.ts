/** Trained models as others read them: the same tensors under Hugging Face's names, and ONNX with the same answers. */
import { cpSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { beforeAll, describe, expect, test } from "vitest";
import { exportOnnx } from "../src/bert/export-onnx.js";
import { FAMILIES, toHuggingFaceNames } from "../src/bert/hugging-face-names.js";
import { exportModel } from "../src/hub/store/export-model.js";
import { classifierFrom, loadPretrained } from "../src/hub/store/pretrained.js";
import { Random } from "../src/random.js";
import { parseTokenizer } from "../src/text/subwords/parse-tokenizer.js";
import type { Tokenizer } from "../src/text/tokenizer.js";
import { parseWeights } from "../src/weights/parse-weights.js";
import { fail, readJsonLines, succeed, temporaryFolder, tunebert } from "./support/command.js";

const FIXTURES = fileURLToPath(new URL("fixtures/hugging-face", import.meta.url));
const LABELS = ["entailment", "contradiction", "neutral"];
const root = temporaryFolder();

/** The logits [n, K] of an exported graph for pairs, padded to the longest. */
async function askOnnx(
  model: string | Uint8Array,
  tokenizer: Tokenizer,
  pairs: readonly (readonly string[])[],
) {
  const session = await (typeof model === "string"
    ? InferenceSession.create(model)
    : InferenceSession.create(model));
  const packed = pairs.map(([first = "", second = ""]) =>
    tokenizer.pack(tokenizer.ids(first), tokenizer.ids(second), 64, "longest-first"),
  );
  const length = Math.max(...packed.map(({ ids }) => ids.length));
  const matrix = (value: (place: number, example: (typeof packed)[number]) => number) =>
    new Tensor(
      "int64",
      BigInt64Array.from(packed.flatMap((one) => Array.from({ length }, (_, t) => BigInt(value(t, one))))),
      [packed.length, length],
    );
  const all: Record<string, Tensor> = {
    input_ids: matrix((t, { ids }) => ids[t] ?? 0),
    attention_mask: matrix((t, { ids }) => Number(t < ids.length)),
    token_type_ids: matrix((t, { ids, firstLength }) => Number(t >= firstLength && t < ids.length)),
  };
  const feeds = Object.fromEntries(session.inputNames.map((name) => [name, all[name]!]));
  const { logits } = await session.run(feeds);
  expect(logits!.dims).toEqual([packed.length, 3]);
  return { logits: logits!.data as Float32Array, inputs: session.inputNames };
}

describe.each(["bert-gelu", "bert-tanh", "bert-mean", "distilbert", "electra", "roberta", "xlm-roberta"])(
  "%s",
  (name) => {
    const folder = join(FIXTURES, name);
    const family = FAMILIES.find((one) => name.startsWith(one))!;
    const { pairs, logits } = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
    const load = async () => {
      const pretrained = await loadPretrained(folder);
      return { ...pretrained, model: classifierFrom(pretrained, LABELS, new Random(0)) };
    };

    test("ONNX has the logits of transformers, whatever the padding", async () => {
      const { model, tokenizer } = await load();
      const { logits: found, inputs } = await askOnnx(exportOnnx(model).model, tokenizer, pairs);
      expect(found).toBeCloseToTensor(logits.flat(), { absolute: 1e-5 });
      const segmented = !["distilbert", "roberta", "xlm-roberta"].includes(name);
      expect(inputs).toEqual(["input_ids", "attention_mask", ...(segmented ? ["token_type_ids"] : [])]);
    });

    test("ONNX of 8 bits comes near, and its weights take a quarter of the bytes", async () => {
      const { model, tokenizer } = await load();
      const whole = exportOnnx(model).model;
      const small = exportOnnx(model, { bits: 7 }).model;
      const { logits: found } = await askOnnx(small, tokenizer, pairs);
      const scale = Math.max(...logits.flat().map(Math.abs));
      expect(found).toBeCloseToTensor(logits.flat(), { absolute: 0.15 * scale });
      expect(found).not.toBeCloseToTensor(logits.flat(), { absolute: 1e-6 });
      expect(small.length).toBeLessThan(whole.length);
    });

    // transformers has no head that reads the mean.
    if (name === "bert-mean") return;

    test("tensors come back under their names, with their bytes", async () => {
      const { model } = await load();
      const path = join(folder, "model.safetensors");
      const original = parseWeights(readFileSync(path), path);
      const again = toHuggingFaceNames(model.stateDict(), family);
      expect([...again.keys()]).toEqual([...original.keys()].sort());
      for (const [tensor, { shape, data }] of original) {
        expect(again.get(tensor)!.shape, tensor).toEqual(shape);
        expect(again.get(tensor)!.data, tensor).toEqual(data);
      }
    });
  },
);

describe("the command", () => {
  const data = join(root, "pairs.csv");
  const [book, roberta, mean] = ["book", "roberta", "mean"].map((name) => join(root, name));
  const export_ = (model: string, format: string, out: string, ...flags: string[]) => [
    ...["export", "--model", model, "--format", format, "--out", join(root, out), ...flags],
  ];
  let pairs: readonly (readonly [string, string, string])[];
  beforeAll(async () => {
    pairs = JSON.parse(readFileSync(join(FIXTURES, "roberta/expected.json"), "utf8")).pairs;
    writeFileSync(data, `premise,hypothesis,label\n${pairs.map((pair) => pair.join()).join("\n")}\n`);
    const train = ["train", "--train", data, "--epochs", "1", "--threads", "1", "--max-length", "40"];
    const small = ["--hidden", "16", "--ffn", "16", "--heads", "2", "--blocks", "1", "--min-frequency", "1"];
    await succeed([...train, ...small, "--out", book!]);
    await succeed([...train, "--pretrained", join(FIXTURES, "roberta"), "--out", roberta!]);
    await succeed([...train, "--pretrained", join(FIXTURES, "bert-mean"), "--out", mean!]);
  });

  async function expectSameAnswers(model: string, out: string): Promise<void> {
    const { stdout } = await succeed(["predict", "--model", model, "--data", data, "--json"]);
    const expected = readJsonLines(stdout).map(({ probabilities }) => Object.values(probabilities as object));
    const path = join(root, out, "tokenizer.json");
    const tokenizer = parseTokenizer(readFileSync(path, "utf8"), path);
    const { logits } = await askOnnx(join(root, out, "onnx/model.onnx"), tokenizer, pairs);
    expected.forEach((probabilities, i) => {
      const row = [...logits.subarray(3 * i, 3 * i + 3)].map(Math.exp);
      const sum = row.reduce((a, b) => a + b);
      expect(row.map((one) => one / sum)).toBeCloseToTensor(probabilities, { absolute: 1e-5 });
    });
  }

  test("writes a folder of transformers, which is read again", async () => {
    const { stdout } = await succeed(export_(roberta!, "transformers", "hf"));
    expect(stdout).toContain(join(root, "hf", "model.safetensors"));
    const config = JSON.parse(readFileSync(join(root, "hf/config.json"), "utf8"));
    expect(config).toMatchObject({
      architectures: ["RobertaForSequenceClassification"],
      ...{ model_type: "roberta", max_position_embeddings: 66, type_vocab_size: 1, pad_token_id: 1 },
      id2label: { 0: "entailment", 1: "contradiction", 2: "neutral" },
      problem_type: "single_label_classification",
    });
    const tokens = JSON.parse(readFileSync(join(root, "hf/tokenizer_config.json"), "utf8"));
    expect(tokens).toMatchObject({
      ...{
        pad_token: "<pad>",
        cls_token: "<s>",
        sep_token: "</s>",
        mask_token: "<mask>",
        model_max_length: 40,
      },
      model_input_names: ["input_ids", "attention_mask"],
    });
    expect(existsSync(join(root, "hf/README.md"))).toBe(true);
    const { model, notes } = await loadPretrained(join(root, "hf")).then((pretrained) => ({
      ...pretrained,
      model: classifierFrom(pretrained, LABELS, new Random(0)),
    }));
    expect(notes).toEqual([]);
    const path = join(roberta!, "model.safetensors");
    for (const [name, { data }] of parseWeights(readFileSync(path), path)) {
      expect(model.parameters.get(name)!.data, name).toEqual(data);
    }
  });

  test("writes ONNX of any model, with the answers that it gives here", async () => {
    await succeed(export_(roberta!, "onnx", "onnx-roberta"));
    await expectSameAnswers(roberta!, "onnx-roberta");
    await succeed(export_(mean!, "onnx", "onnx-mean"));
    await expectSameAnswers(mean!, "onnx-mean");
    // Without this class Transformers.js gives both texts of a pair the same segment.
    expect(JSON.parse(readFileSync(join(root, "onnx-mean/tokenizer_config.json"), "utf8"))).toMatchObject({
      ...{ tokenizer_class: "BertTokenizer", do_lower_case: true, tokenize_chinese_chars: true },
    });
    await succeed(export_(book!, "onnx", "onnx-book"));
    const config = JSON.parse(readFileSync(join(root, "onnx-book/config.json"), "utf8"));
    expect(config).toMatchObject({ model_type: "bert", "transformers.js_config": { dtype: "fp32" } });
    await expectSameAnswers(book!, "onnx-book");
  });

  test("puts weights into a file beside, where one file cannot hold them", async () => {
    const files = await exportModel(roberta!, {
      format: "onnx",
      out: join(root, "beside"),
      mostBytes: 10_000,
    });
    expect(files).toEqual(expect.arrayContaining(["onnx/model.onnx_data", "onnx/model_quantized.onnx_data"]));
    const config = JSON.parse(readFileSync(join(root, "beside/config.json"), "utf8"));
    expect(config["transformers.js_config"].use_external_data_format).toEqual({
      ...{ "model.onnx": 1, "model_quantized.onnx": 1 },
    });
    const { size } = statSync(join(root, "beside/onnx/model.onnx"));
    expect(statSync(join(root, "beside/onnx/model.onnx_data")).size).toBeGreaterThan(size / 2);
    await expectSameAnswers(roberta!, "beside");
  });

  test("measures what 8 bits cost, writes it into the card, and takes them where it is little", async () => {
    const { stderr } = await succeed(export_(roberta!, "onnx", "measured", "--data", data));
    const card = readFileSync(join(root, "measured/README.md"), "utf8");
    const [, before, after] = /\| accuracy \| (\S+) \| (\S+) \|/.exec(card)!;
    expect(stderr).toContain(`accuracy on ${pairs.length} examples: ${before}, with 8 bits ${after}`);
    const { dtype } = JSON.parse(readFileSync(join(root, "measured/config.json"), "utf8"))[
      "transformers.js_config"
    ];
    expect(dtype).toBe(Number(before) - Number(after) <= 0.005 ? "q8" : "fp32");
    const { stdout } = await succeed([
      "evaluate",
      "--model",
      roberta!,
      "--data",
      data,
      "--quantized",
      "--json",
    ]);
    expect(JSON.parse(stdout).accuracy.toFixed(4)).toBe(after);
    expect(
      await tunebert(export_(roberta!, "transformers", "no", "--data", data)).then(({ stderr }) => stderr),
    ).toContain("--data is for --format onnx");
  });

  test.each([
    ["half a point", 0.495, "q8"],
    ["more", 0.49, "fp32"],
  ])("takes 8 bits that cost %s or not: %s", async (_, quantized, dtype) => {
    const cost = { figure: "accuracy", examples: 200, float32: 0.5, quantized };
    await exportModel(book!, { format: "onnx", out: join(root, dtype), cost });
    const config = JSON.parse(readFileSync(join(root, dtype, "config.json"), "utf8"));
    expect(config["transformers.js_config"]).toEqual({ dtype });
  });

  test("writes the book's files of the book's model, which train reads", async () => {
    await succeed(export_(book!, "d2l", "d2l"));
    const { config } = await loadPretrained(join(root, "d2l"), { heads: 2 });
    expect(config).toMatchObject({ hidden: 16, blocks: 1 });
  });

  test("refuses what has no such form, and to write over files", async () => {
    expect(await fail(export_(book!, "transformers", "no"))).toContain("export it as onnx");
    expect(await fail(export_(mean!, "transformers", "no"))).toContain("reads the mean over the tokens");
    expect(await fail(export_(roberta!, "d2l", "no"))).toContain("it is not the book's BERT");
    expect(existsSync(join(root, "no"))).toBe(false);
    cpSync(roberta!, join(root, "taken"), { recursive: true });
    expect(await fail(export_(roberta!, "transformers", "taken"))).toContain("is there already");
  });
});
