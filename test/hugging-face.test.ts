/** BERTs as Hugging Face's libraries keep them, against what `transformers` and `tokenizers` make of them. */
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { classificationHead } from "../src/bert/classification-head.js";
import { FAMILIES, fromHuggingFaceNames } from "../src/bert/hugging-face-names.js";
import { infer, inferencePrograms } from "../src/bert/infer.js";
import { trainingProgram, trainingRun } from "../src/bert/model-program.js";
import { microBatches } from "../src/data/micro-batches.js";
import { TextDataset } from "../src/data/text-dataset.js";
import { classifierFrom, loadPretrained } from "../src/hub/store/pretrained.js";
import { Random } from "../src/random.js";
import { threads } from "../src/runtime/threads/threads.js";
import { parseTokenizer } from "../src/text/subwords/parse-tokenizer.js";
import { parseWeights } from "../src/weights/parse-weights.js";
import { serializeWeights } from "../src/weights/serialize-weights.js";
import { accumulate } from "./support/accumulate.js";
import { classifierTrainer } from "./support/classifier-trainer.js";
import { fail, readBytes, readJsonLines, succeed, temporaryFolder } from "./support/command.js";
import { meanTargets } from "./support/mean-targets.js";

const FIXTURES = fileURLToPath(new URL("fixtures/hugging-face", import.meta.url));
const LABELS = ["entailment", "contradiction", "neutral"];
const root = temporaryFolder();

interface Expected {
  readonly pairs: readonly (readonly [text: string, textPair: string, label: string])[];
  readonly truncated: readonly (readonly [maxLength: number, ids: number[][]])[];
  readonly logits: number[][];
  readonly losses: number[];
}

describe.each(["bert-gelu", "bert-tanh", "bert-mean", "distilbert", "electra", "roberta", "xlm-roberta"])(
  "%s",
  (name) => {
    const folder = join(FIXTURES, name);
    const family = FAMILIES.find((one) => name.startsWith(one))!;
    const expected: Expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
    const examples = expected.pairs.map(([text, textPair, label]) => ({ text, textPair, label }));

    async function load() {
      const pretrained = await loadPretrained(folder);
      const model = classifierFrom(pretrained, LABELS, new Random(0));
      const dataset = await TextDataset.encode(examples, pretrained.tokenizer, {
        maxLength: pretrained.config.maxPositions,
        labels: LABELS,
      });
      return { pretrained, model, dataset };
    }

    test("dropout is what config.json says", async () => {
      const { config } = (await load()).model;
      expect(config.variant?.dropout).toEqual({ hidden: 0, attention: 0, output: 0 });
    });

    test("its head is kept with its labels", async () => {
      const { pretrained, model } = await load();
      expect(pretrained.answers).toEqual(LABELS);
      expect(model.keepsOutput).toBe(true);
      expect(pretrained.notes).toEqual(
        name === "bert-mean" ? ["the output layer reads the mean over the tokens"] : [],
      );
    });

    test("ids are Python's, truncated at any length", async () => {
      const { pretrained } = await load();
      const { tokenizer } = pretrained;
      for (const [maxLength, rows] of expected.truncated) {
        const packed = examples.map(({ text, textPair }) => {
          const { ids } = tokenizer.pack(
            tokenizer.ids(text),
            tokenizer.ids(textPair),
            maxLength,
            "longest-first",
          );
          return [...ids];
        });
        expect(packed, `at ${maxLength}`).toEqual(rows);
      }
    });

    test("logits are Python's", async () => {
      const { model, dataset } = await load();
      const device = threads(1);
      const engine = await device.open(
        { inference: inferencePrograms(model, device.shape) },
        model.parameters,
      );
      const logits = await infer(engine, dataset, model, device);
      await engine.close();
      expect(logits).toBeCloseToTensor(expected.logits.flat(), { absolute: 1e-5 });
    });

    test("the gradient of every parameter is PyTorch's", async () => {
      const { model, dataset } = await load();
      const head = classificationHead(LABELS.length);
      const programs = [1].map((n) => trainingProgram(model.config, head, { dropout: 0 }, n));
      const all = Int32Array.from({ length: dataset.size }, (_, i) => i);
      const lanes = microBatches(dataset, all, { replicas: 1, perGroup: 1, maxTokens: 64 });
      const targets = meanTargets(LABELS.length, dataset.size);
      const runs = lanes.flat().map((group) => trainingRun(group, model.config, { head, targets, seed: 0 }));
      const { gradients } = await accumulate(programs, model.parameters, runs);
      const path = join(folder, "gradients.safetensors");
      const recorded = fromHuggingFaceNames(parseWeights(readFileSync(path), path), family).state;
      expect(recorded.size).toBe(model.parameters.size);
      for (const [parameter, { data }] of recorded) {
        if (parameter.endsWith("W_k.bias")) continue; // it moves all scores of a query alike: its gradient is 0
        const found = gradients.get(parameter)?.data;
        expect(found, parameter).toBeCloseToTensor(data as Float32Array, { relative: 1e-5 });
      }
    });

    test("losses over ten steps of AdamW, clipped and scheduled, are PyTorch's", async () => {
      const { model, dataset } = await load();
      const trainer = classifierTrainer(model, dataset, {
        ...{ epochs: 10, batchSize: 7, shuffle: false, dropout: 0, threads: 1, learningRate: 1e-3 },
        ...{ weightDecay: 0.01, clipNorm: 1, schedule: "linear", warmup: 0.1 },
      });
      const losses: number[] = [];
      for await (const event of trainer.fit()) if (event.event === "step") losses.push(event.loss);
      expect(losses).toBeCloseToTensor(expected.losses, { absolute: 1e-5 });
    });
  },
);

test.each([
  ["uncased", "bert-gelu"],
  ["cased", "bert-gelu"],
  ["roberta", "roberta"],
  ["xlm-roberta", "xlm-roberta"],
])("ids of hard texts are Python's: %s", (kind, folder) => {
  const cases: Record<string, [string, number[]][]> = JSON.parse(
    readFileSync(join(FIXTURES, "tokenizer-cases.json"), "utf8"),
  );
  const json = JSON.parse(readFileSync(join(FIXTURES, folder, "tokenizer.json"), "utf8"));
  if (kind === "cased") Object.assign(json.normalizer, { lowercase: false, strip_accents: null });
  const tokenizer = parseTokenizer(JSON.stringify(json), "tokenizer.json");
  const [file = ""] = Object.values(tokenizer.files());
  const again = parseTokenizer(file, "tokenizer.json");
  for (const [text, ids] of cases[kind]!) {
    expect(tokenizer.ids(text), JSON.stringify(text)).toEqual(ids);
    expect(again.ids(text), JSON.stringify(text)).toEqual(ids);
  }
});

/** A copy of a fixture to change. */
function copy(name: string): string {
  const folder = join(root, name);
  cpSync(join(FIXTURES, "bert-gelu"), folder, { recursive: true });
  return folder;
}

test("a folder is fine-tuned, saved, asked and gone on with by the command", async () => {
  const folder = copy("whole");
  const data = join(root, "pairs.csv");
  const { pairs }: Expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
  const rows = pairs.map(([text, textPair, label]) => `${text},${textPair},${label}`);
  writeFileSync(data, `premise,hypothesis,label\n${rows.join("\n")}\n`);
  const train = ["train", "--train", data, "--test", data, "--max-length", "40", "--threads", "1"];
  const out = join(root, "out");
  const { stdout } = await succeed([...train, "--pretrained", folder, "--out", out]);
  expect(stdout).toContain("output layer: kept from the checkpoint");
  expect(stdout).toContain(
    "recipe: fine-tuning: 3 epochs, batches of 32, learning rate 0.00005, linear decay",
  );
  const predicted = await succeed(["predict", "--model", out, "--data", data, "--json"]);
  expect(readJsonLines(predicted.stdout)).toHaveLength(pairs.length);
  await succeed(["evaluate", "--model", out, "--data", data]);
  const further = [...train, "--pretrained", out, "--out", join(root, "further"), "--epochs", "1"];
  expect((await succeed(further)).stdout).toContain("output layer: kept from the checkpoint");
  const resumable = (to: string, ...flags: string[]) =>
    succeed([
      ...train,
      "--pretrained",
      folder,
      "--schedule",
      "constant",
      "--warmup",
      "0",
      ...flags,
      "--out",
      join(root, to),
    ]);
  await resumable("straight", "--epochs", "3");
  await resumable("broken", "--epochs", "2");
  await resumable("broken", "--epochs", "3", "--resume");
  const [straight, broken] = ["straight", "broken"].map((to) => readBytes(root, to, "model.safetensors"));
  expect(broken).toEqual(straight);
});

test("weights of older files and other makes are the same model", async () => {
  const folder = copy("older");
  const path = join(folder, "model.safetensors");
  const state = parseWeights(readFileSync(path), path);
  const older = new Map(
    [...state]
      .filter(([name]) => !name.includes("pooler") && !name.startsWith("classifier"))
      .map(([name, tensor]) => [
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"),
        tensor,
      ]),
  );
  older.set("cls.predictions.bias", { type: "float32", shape: [1], data: Float32Array.of(0) });
  older.set("bert.embeddings.position_ids", { type: "int64", shape: [1], data: BigInt64Array.of(0n) });
  rmSync(path);
  writeFileSync(join(folder, "pytorch_model.bin"), serializeWeights(older, "torch"));
  const { tokenizer } = await loadPretrained(folder);
  const vocabulary = JSON.parse(readFileSync(join(folder, "tokenizer.json"), "utf8")).model.vocab;
  const byId = Object.entries<number>(vocabulary).sort(([, a], [, b]) => a - b);
  rmSync(join(folder, "tokenizer.json"));
  writeFileSync(join(folder, "vocab.txt"), byId.map(([token]) => `${token}\n`).join(""));
  const pretrained = await loadPretrained(folder);
  expect(pretrained.notes).toEqual([
    "left out, since a classifier has no use for it: cls.predictions.bias",
    "it comes without the layer before the output; a fresh one is trained",
  ]);
  expect(pretrained.answers).toBeUndefined();
  for (const text of ["A man plays", "naïve [SEP] 漢字"]) {
    expect(pretrained.tokenizer.ids(text)).toEqual(tokenizer.ids(text));
  }
  const capitals = [...Object.keys(vocabulary).slice(0, -1), "Q"].map((token) => `${token}\n`);
  writeFileSync(join(folder, "vocab.txt"), capitals.join(""));
  expect((await loadPretrained(folder)).tokenizer.ids("Q")).toEqual([capitals.length - 1]);
  const whole = await loadPretrained(join(FIXTURES, "bert-gelu"));
  const name = "encoder.blks.2.addnorm2.ln.weight";
  expect(pretrained.state.get(name)?.data).toEqual(whole.state.get(name)?.data);
  expect(classifierFrom(pretrained, ["no", "yes"], new Random(0)).parameters.size).toBe(whole.state.size);
});

describe("what is not a BERT that tunebert knows is refused by name", () => {
  const refused = async (name: string, change: (folder: string) => void) => {
    const folder = copy(name);
    change(folder);
    return fail(["train", "--train", "x.csv", "--pretrained", folder, "--out", join(root, "never")]);
  };
  const edit = (file: string, change: (json: Record<string, unknown>) => void) => (folder: string) => {
    const path = join(folder, file);
    const json = JSON.parse(readFileSync(path, "utf8"));
    change(json);
    writeFileSync(path, JSON.stringify(json));
  };

  test("another model", async () => {
    const message = await refused(
      "gpt2",
      edit("config.json", (json) => Object.assign(json, { model_type: "gpt2" })),
    );
    expect(message).toMatch(
      /config\.json: a model of the type "gpt2", which tunebert does not know; it knows bert, distilbert, roberta, xlm-roberta, electra$/,
    );
  });

  test("another activation, and other positions", async () => {
    const set = (more: object) => edit("config.json", (json) => Object.assign(json, more));
    expect(await refused("silu", set({ hidden_act: "silu" }))).toMatch(
      /config\.json: hidden_act is "silu"; expected relu, gelu, gelu_new, gelu_pytorch_tanh$/,
    );
    expect(await refused("relative", set({ position_embedding_type: "relative_key" }))).toContain(
      'position_embedding_type is "relative_key"; expected "absolute"',
    );
  });

  test("another tokenizer", async () => {
    const message = await refused(
      "bpe",
      edit("tokenizer.json", (json) => Object.assign(json, { model: { type: "WordLevel" } })),
    );
    expect(message).toMatch(/tokenizer\.json: the model is "WordLevel"; tunebert reads/);
  });

  test("a folder without weights, and one whose index leads elsewhere", async () => {
    const weightless = (folder: string) => rmSync(join(folder, "model.safetensors"));
    expect(await refused("weightless", weightless)).toContain(
      "holds no weights; expected model.safetensors or pytorch_model.bin",
    );
    const message = await refused("elsewhere", (folder) => {
      weightless(folder);
      const index = { weight_map: { a: "../model.safetensors" } };
      writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify(index));
    });
    expect(message).toContain("names a file that is not in the folder: ../model.safetensors");
  });

  test("shards are one model", async () => {
    const folder = copy("shards");
    const path = join(folder, "model.safetensors");
    const state = [...parseWeights(readFileSync(path), path)];
    const parts = [state.slice(0, 5), state.slice(5)].map((part) => new Map(part));
    const names = parts.map((_, i) => `model-0000${i + 1}-of-00002.safetensors`);
    parts.forEach((part, i) => {
      writeFileSync(join(folder, names[i]!), serializeWeights(part, "safetensors"));
    });
    const weight_map = Object.fromEntries(
      parts.flatMap((part, i) => [...part.keys()].map((key) => [key, names[i]])),
    );
    writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map }));
    const whole = (await loadPretrained(folder)).state;
    renameSync(path, join(folder, "moved.safetensors"));
    const sharded = (await loadPretrained(folder)).state;
    expect([...sharded.keys()].sort()).toEqual([...whole.keys()].sort());
    for (const [name, { data }] of whole) expect(sharded.get(name)?.data, name).toEqual(data);
  });
});

test.each([
  ["multi_label_classification", { anyOf: LABELS }],
  ["regression", "number"],
  [null, LABELS],
])("the problem type %s tells what a head of its own answers with", async (problem_type, answers) => {
  const folder = copy(`problem-${problem_type}`);
  const path = join(folder, "config.json");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), problem_type }));
  const pretrained = await loadPretrained(folder);
  expect(pretrained.answers).toEqual(answers);
  if (answers !== "number") {
    expect(classifierFrom(pretrained, answers as typeof LABELS, new Random(0)).keepsOutput).toBe(true);
  }
});

test("dropout that config.json does not tell is the family's", async () => {
  const rates = async (fixture: string, told: object = {}) => {
    const folder = join(root, `rates-${fixture}`);
    cpSync(join(FIXTURES, fixture), folder, { recursive: true });
    const path = join(folder, "config.json");
    const json = Object.entries(JSON.parse(readFileSync(path, "utf8"))).filter(
      ([key]) => !key.includes("drop"),
    );
    writeFileSync(path, JSON.stringify({ ...Object.fromEntries(json), ...told }));
    return (await loadPretrained(folder)).config.variant?.dropout;
  };
  expect(await rates("roberta")).toEqual({ hidden: 0.1, attention: 0.1, output: 0.1 });
  expect(await rates("roberta", { hidden_dropout_prob: 0.3, classifier_dropout: null })).toEqual({
    ...{ hidden: 0.3, attention: 0.1, output: 0.3 },
  });
  expect(await rates("distilbert")).toEqual({ hidden: 0.1, attention: 0.1, output: 0.2 });
});

test("a fresh output layer starts as in transformers: normal with a deviation of 0.02, and no bias", async () => {
  const pretrained = await loadPretrained(join(FIXTURES, "bert-gelu"));
  const labels = Array.from({ length: 200 }, (_, i) => `label ${i}`);
  const { parameters } = classifierFrom(pretrained, labels, new Random(3));
  const { data } = parameters.get("output.weight")!;
  const deviation = Math.sqrt(data.reduce((sum, value) => sum + value ** 2, 0) / data.length);
  expect(deviation).toBeCloseTo(0.02, 3);
  expect([...parameters.get("output.bias")!.data]).toEqual(labels.map(() => 0));
});

describe("a folder of sentence-transformers", () => {
  const variantOf = async (folder: string, options: { pooling?: "cls" | "mean" } = {}) => {
    const { config, notes } = await loadPretrained(folder, options);
    return { pooling: config.variant?.pooling, notes };
  };
  const meanFolder = (name: string, change: (folder: string) => void) => {
    const folder = join(root, name);
    cpSync(join(FIXTURES, "bert-mean"), folder, { recursive: true });
    change(folder);
    return folder;
  };
  const writePooling = (folder: string, modes: unknown) =>
    writeFileSync(join(folder, "1_Pooling/config.json"), JSON.stringify(modes));

  test("reads what it says, or what is asked for", async () => {
    const mean = join(FIXTURES, "bert-mean");
    expect(await variantOf(mean)).toMatchObject({ pooling: "mean" });
    expect(await variantOf(mean, { pooling: "cls" })).toEqual({ pooling: "tanh", notes: [] });
    expect(await variantOf(join(FIXTURES, "bert-gelu"), { pooling: "mean" })).toMatchObject({
      pooling: "mean",
    });
    const cls = meanFolder("says-cls", (folder) => writePooling(folder, { pooling_mode_cls_token: true }));
    expect(await variantOf(cls)).toMatchObject({ pooling: "tanh" });
    const named = meanFolder("says-mode", (folder) => writePooling(folder, { pooling_mode: "mean" }));
    expect(await variantOf(named)).toMatchObject({ pooling: "mean" });
  });

  test("in whose root the transformer is, with a module that a classifier does without", async () => {
    const folder = meanFolder("flat", (folder) => {
      cpSync(join(folder, "0_Transformer"), folder, { recursive: true });
      rmSync(join(folder, "0_Transformer"), { recursive: true });
      const type = (kind: string) => `sentence_transformers.models.${kind}`;
      const modules = [
        { path: "", type: type("Transformer") },
        { path: "1_Pooling", type: type("Pooling") },
        { path: "2_Dense", type: type("Dense") },
      ];
      writeFileSync(join(folder, "modules.json"), JSON.stringify(modules));
    });
    expect(await variantOf(folder)).toEqual({
      pooling: "mean",
      notes: [
        "the output layer reads the mean over the tokens",
        "left out, since a classifier has no use for it: 2_Dense",
      ],
    });
  });

  test("is refused where it pools otherwise, unless a pooling is asked for, or leads elsewhere", async () => {
    const max = meanFolder("max", (folder) =>
      writePooling(folder, { pooling_mode_max_tokens: true, pooling_mode_mean_tokens: true }),
    );
    await expect(loadPretrained(max)).rejects.toThrow(
      /config.json: the pooling is "mean" and "max"; tunebert knows cls and mean. Choose one of them with pooling/,
    );
    expect(await variantOf(max, { pooling: "mean" })).toMatchObject({ pooling: "mean" });
    const outside = meanFolder("outside", (folder) =>
      writeFileSync(join(folder, "modules.json"), '[{"path": "../x", "type": "a.Transformer"}]'),
    );
    await expect(loadPretrained(outside)).rejects.toThrow(/modules.json.*a folder in this one/);
  });

  test("is trained by the command, and its model remembers what it reads", async () => {
    const data = join(root, "mean.csv");
    const { pairs }: Expected = JSON.parse(readFileSync(join(FIXTURES, "bert-mean/expected.json"), "utf8"));
    writeFileSync(data, ["premise,hypothesis,label", ...pairs.map((pair) => pair.join())].join("\n"));
    const [out, more] = [join(root, "mean-out"), join(root, "mean-more")];
    const training = ["train", "--train", data, "--max-length", "40", "--threads", "1", "--epochs", "1"];
    await succeed([...training, "--pretrained", join(FIXTURES, "bert-mean"), "--out", out]);
    const { variant } = JSON.parse(readFileSync(join(out, "config.json"), "utf8"));
    expect(variant.pooling).toBe("mean");
    await succeed([...training, "--pretrained", out, "--out", more]);
    expect(
      readJsonLines((await succeed(["predict", "--model", more, "--data", data, "--json"])).stdout),
    ).toHaveLength(7);
    const own = ["--pretrained", out, "--pooling", "cls", "--out", join(root, "x")];
    expect(await fail([...training, ...own])).toContain("--pooling is for Hugging Face's folders, and");
  });
});
