import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parseSafetensors, serializeSafetensors } from "../src/weights/safetensors.js";
import {
  fail,
  filesOf,
  holdsModel,
  readBytes,
  succeed,
  temporaryFolder,
  tunebert,
} from "./support/command.js";
import {
  copyWeights,
  TINY_SIZES,
  TINY_TRAINING,
  tinyCheckpoint,
  tinyPairs,
  tinyVocabulary,
  toCsv,
  writePretrained,
} from "./support/tiny.js";

const folder = temporaryFolder();
const data = join(folder, "pairs.csv");
const out = join(folder, "out");
writeFileSync(data, toCsv(tinyPairs()));

beforeEach(() => rmSync(out, { recursive: true, force: true }));

function writeData(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

const scratch = (file: string, ...flags: string[]) => {
  return ["train", "--train", file, ...TINY_SIZES, ...TINY_TRAINING, "--epochs", "2", "--out", out, ...flags];
};
const fineTune = (pretrained: string, ...flags: string[]) => {
  const start = ["--pretrained", pretrained, "--heads", "2", ...TINY_TRAINING];
  return ["train", "--train", data, ...start, "--epochs", "2", "--out", out, ...flags];
};

/** Expects that a training fails with a message before it has written anything. */
async function failUntouched(args: string[]): Promise<string> {
  const message = await fail(args);
  expect(existsSync(out), "the output folder").toBe(false);
  return message;
}

describe("training data", () => {
  test("that is not there", async () => {
    const message = await failUntouched(scratch(join(folder, "missing.csv")));
    expect(message).toMatch(/^cannot read .*missing\.csv: there is no such file$/);
  });

  test("that is a folder", async () => {
    const file = join(folder, "folder.csv");
    mkdirSync(file);
    writeFileSync(join(file, "train.csv"), toCsv(tinyPairs()));
    writeFileSync(join(file, "notes.txt"), "");
    expect(await failUntouched(scratch(file))).toMatch(
      /folder\.csv is a folder, and no data set with .*; it holds notes\.txt, train\.csv\. Name a file$/,
    );
  });

  test.each([
    ["empty.csv", "", "empty.csv is empty"],
    ["empty.tsv", "", "empty.tsv is empty"],
    ["empty.jsonl", "", "empty.jsonl is empty"],
    ["header.csv", "premise,hypothesis,label\n", "header.csv holds no examples"],
    [
      "columns.csv",
      `${toCsv(tinyPairs())}one,two,three,four\n`,
      "columns.csv, row 38: 4 columns, but the first row has 3",
    ],
    [
      "columns.tsv",
      "premise\thypothesis\tlabel\na\tb\n",
      "columns.tsv, row 2: 2 columns, but the first row has 3",
    ],
    [
      "names.csv",
      "a,b,c\n1,2,3\n",
      "names.csv, row 1: no columns for the texts: expected premise and hypothesis, ",
    ],
    ["list.jsonl", "[1]\n", "list.jsonl, row 1: expected an object such as"],
    ["quote.csv", 'premise,hypothesis,label\n"a,b,c\n', "quote.csv, row 2: not valid CSV"],
    ["pairs.docx", "PK", "pairs.docx: unknown format"],
    [
      "bytes.csv",
      Buffer.from("premise,hypothesis,label\na,\xff,c\n", "latin1"),
      "bytes.csv, row 2: not valid UTF-8",
    ],
    [
      "unlabelled.csv",
      "premise,hypothesis,gold_label\na,b,-\nc,d,-\n",
      "none of the 2 examples read has a label",
    ],
    ["one-label.csv", "premise,hypothesis,label\na,b,yes\n", "a classifier needs at least two labels"],
  ])("%s: %#", async (name, content, expected) => {
    expect(await failUntouched(scratch(writeData(name, content)))).toContain(expected);
  });

  const header = readSnliHeader();
  const snliRow = (label: string) => [label, "( a b )", "( c d )", ...Array(11).fill("x")].join("\t");

  test("of SNLI on whose labels nobody agreed", async () => {
    const file = writeData("disagreed.txt", [header, snliRow("-"), snliRow("-")].join("\n"));
    expect(await failUntouched(scratch(file))).toContain("none of the 2 examples read has a label");
  });

  test("of SNLI with a label that SNLI has not", async () => {
    const file = writeData("snli.txt", [header, snliRow("neutral"), snliRow("neural")].join("\n"));
    expect(await failUntouched(scratch(file))).toContain(
      'snli.txt, row 3: unknown label "neural"; SNLI\'s are entailment, contradiction, neutral',
    );
  });

  test("of SNLI with a column missing", async () => {
    const row = snliRow("neutral").split("\t").slice(1).join("\t");
    const file = writeData("short.txt", [header, row].join("\n"));
    expect(await failUntouched(scratch(file))).toContain(
      "short.txt, row 2: 13 columns, but the first row has 14",
    );
  });
});

describe("test data", () => {
  test("with a label that training has not seen", async () => {
    const file = writeData("test.csv", "premise,hypothesis,label\na,b,neutral\nc,d,maybe\n");
    expect(await failUntouched(scratch(data, "--test", file))).toMatch(
      /test\.csv, row 3: unknown label "maybe"; known labels: entailment, contradiction, neutral\. .* --no-label$/,
    );
  });

  test("that is not there", async () => {
    const message = await failUntouched(scratch(data, "--test", join(folder, "missing.csv")));
    expect(message).toContain("missing.csv: there is no such file");
  });
});

describe("a loss that is not finite", () => {
  const oneStepAnEpoch = ["--batch-size", "36"];

  test("in the first epoch ends the training without a model", async () => {
    const message = await fail(scratch(data, "--learning-rate", "1e30"));
    expect(message).toMatch(/^the loss is NaN at step 2 \(epoch 1\): training has diverged/);
    expect(holdsModel(out)).toBe(false);
  });

  test("in a later epoch keeps the weights of the epoch before", async () => {
    const flags = [...oneStepAnEpoch, "--learning-rate", "1e30"];
    await succeed(scratch(data, ...flags, "--epochs", "1"));
    const good = readBytes(out, "model.safetensors");
    rmSync(out, { recursive: true });

    const message = await fail(scratch(data, ...flags, "--epochs", "3"));
    expect(message).toMatch(/^the loss is NaN at step 2 \(epoch 2\)/);
    expect(readBytes(out, "model.safetensors")).toEqual(good);
    expect(readdirSync(out).sort()).toEqual([
      "checkpoints",
      "config.json",
      "metrics.jsonl",
      "model.safetensors",
      "tokenizer_config.json",
      "vocab.json",
    ]);
  });

  test("from the very checkpoint ends the training at its first step", async () => {
    const state = tinyCheckpoint();
    state.get("hidden.0.bias")!.data[3] = Number.NaN;
    const message = await fail(fineTune(writePretrained(join(folder, "nan"), { state })));
    expect(message).toMatch(/^the loss is NaN at step 1 \(epoch 1\)/);
    expect(holdsModel(out)).toBe(false);
  });

  test("is not needed: a step to parameters that are not finite is not saved either", async () => {
    const message = await fail(scratch(data, ...oneStepAnEpoch, "--learning-rate", "1e39", "--epochs", "1"));
    expect(message).toMatch(/not finite: training has diverged/);
    expect(holdsModel(out)).toBe(false);
  });
});

describe("a pretrained folder", () => {
  test("that is not there", async () => {
    expect(await failUntouched(fineTune(join(folder, "nowhere")))).toMatch(
      /^cannot read .*nowhere.vocab\.json: there is no such file$/,
    );
  });

  test("without weights", async () => {
    const given = writePretrained(join(folder, "weightless"));
    rmSync(join(given, "pretrained.params"));
    expect(await failUntouched(fineTune(given))).toContain("holds no weights; expected pretrained.params or");
  });

  test.each(["<cls>", "<sep>", "<pad>", "<unk>"])("whose vocabulary lacks %s", async (special) => {
    const vocabulary = tinyVocabulary()
      .toJSON()
      .map((token) => (token === special ? "other" : token));
    const given = writePretrained(join(folder, "special"), { vocabulary });
    expect(await failUntouched(fineTune(given))).toMatch(new RegExp(`vocab\\.json lacks ${special};`));
  });

  test("whose vocabulary is longer than the embedding", async () => {
    const vocabulary = [...tinyVocabulary().toJSON(), "one", "more"];
    const given = writePretrained(join(folder, "longer"), { vocabulary });
    expect(await failUntouched(fineTune(given))).toContain(
      "vocab.json has 19 tokens, but the token embedding only 17 rows",
    );
  });

  test("whose vocabulary is not a list", async () => {
    const given = writePretrained(join(folder, "object"));
    writeFileSync(join(given, "vocab.json"), '{"<cls>": 0}');
    expect(await failUntouched(fineTune(given))).toContain("vocab.json does not hold a vocabulary");
  });

  test("whose hidden size the heads do not divide, or do not tell", async () => {
    const given = writePretrained(join(folder, "heads"));
    expect(await failUntouched(fineTune(given, "--heads", "3"))).toContain(
      "3 heads do not divide the hidden size 16",
    );
    const untold = fineTune(given).filter((_, i, args) => args[i] !== "--heads" && args[i - 1] !== "--heads");
    expect(await failUntouched(untold)).toContain("do not tell how many attention heads the model has");
  });

  test("with fewer positions than --max-length asks for", async () => {
    const given = writePretrained(join(folder, "positions"));
    expect(await failUntouched(fineTune(given, "--max-length", "25"))).toContain(
      "--max-length 25 is beyond the 24 positions of the pretrained model",
    );
  });

  test("whose weights are cut off", async () => {
    const given = writePretrained(join(folder, "cut"));
    const whole = readBytes(given, "pretrained.params");
    writeFileSync(join(given, "pretrained.params"), whole.subarray(0, whole.length - 1));
    expect(await failUntouched(fineTune(given))).toMatch(
      /pretrained\.params: the safetensors file is truncated/,
    );
    copyWeights("weights/linear.zip.pt", given);
    const torch = readBytes(given, "pretrained.params");
    writeFileSync(join(given, "pretrained.params"), torch.subarray(0, torch.length / 2));
    expect(await failUntouched(fineTune(given))).toMatch(/pretrained\.params: /);
  });

  test("whose weights are those of another model", async () => {
    const given = writePretrained(join(folder, "foreign"));
    copyWeights("weights/linear.zip.pt", given);
    expect(await failUntouched(fineTune(given))).toMatch(
      /pretrained\.params: the weights hold no encoder\.token_embedding\.weight, .*; found: 0\.weight/,
    );
  });

  test("whose weights are no weights", async () => {
    const given = writePretrained(join(folder, "text"));
    writeFileSync(join(given, "pretrained.params"), "Dear reader,");
    expect(await failUntouched(fineTune(given))).toMatch(
      /pretrained\.params is no weights file: expected one from/,
    );
  });

  test("whose weights lack tensors, have others, and some of another shape", async () => {
    const state = tinyCheckpoint();
    state.delete("hidden.0.bias");
    state.delete("encoder.blks.0.attention.W_q.weight");
    state.set("encoder.blks.0.ffn.dense2.bias", {
      type: "float32",
      shape: [4, 2],
      data: new Float32Array(8),
    });
    state.set("pooler.weight", { type: "float32", shape: [2], data: new Float32Array(2) });
    const given = writePretrained(join(folder, "misfit"), { state });
    const message = await failUntouched(fineTune(given));
    expect(message.split("\n").sort()).toEqual([
      "  encoder.blks.0.attention.W_q.weight: expected [16, 16], not found",
      "  encoder.blks.0.ffn.dense2.bias: expected [16], found [4, 2]",
      "  hidden.0.bias: expected [16], not found",
      "  pooler.weight: not part of the model, found [2]",
      "the weights do not fit the model:",
    ]);
  });

  test("whose weights are integers", async () => {
    const state = tinyCheckpoint();
    state.set("hidden.0.bias", { type: "int32", shape: [16], data: new Int32Array(16) });
    const given = writePretrained(join(folder, "integers"), { state });
    expect(await failUntouched(fineTune(given))).toContain("hidden.0.bias holds int32 values");
  });
});

describe("a pickle that names os.system", () => {
  const files = ["hostile.zip.pt", "hostile.legacy.pt", "hostile-first.legacy.pt"];
  const sideEffect = "hostile.txt";

  test.each(files)("%s is refused, and nothing in it is run", async (file) => {
    const cwd = join(folder, file);
    const given = writePretrained(cwd);
    copyWeights(`weights/${file}`, given);
    const named = /(os|posix)\.?\s?system/;
    expect(readFileSync(join(given, "pretrained.params"), "latin1")).toContain(`touch ${sideEffect}`);
    expect(await fail(["inspect", join(given, "pretrained.params")], { cwd })).toMatch(named);
    expect(await fail(fineTune(given), { cwd })).toMatch(named);
    expect(readdirSync(cwd).sort()).toEqual(["pretrained.params", "vocab.json"]);
    expect(existsSync(out)).toBe(false);
  });
});

describe("an output folder", () => {
  test("that holds other files is left as it is", async () => {
    mkdirSync(out);
    writeFileSync(join(out, "thesis.txt"), "the only copy");
    for (const flags of [[], ["--overwrite"]]) {
      expect(await fail(scratch(data, ...flags))).toContain("holds files that tunebert did not write");
      expect(readdirSync(out)).toEqual(["thesis.txt"]);
    }
    expect(readFileSync(join(out, "thesis.txt"), "utf8")).toBe("the only copy");
  });

  test("that holds another program's model is left as it is", async () => {
    mkdirSync(out);
    writeFileSync(join(out, "config.json"), '{"model_type": "bert"}');
    writeFileSync(join(out, "model.safetensors"), "theirs");
    expect(await fail(scratch(data, "--overwrite"))).toContain("holds files that tunebert did not write");
    expect(readFileSync(join(out, "model.safetensors"), "utf8")).toBe("theirs");
  });

  test("that holds a trained model is left as it is without --overwrite", async () => {
    await succeed(scratch(data, "--epochs", "1"));
    const files = filesOf(out);
    expect(await fail(scratch(data, "--seed", "1"))).toContain("holds a trained model already");
    expect(filesOf(out)).toEqual(files);
  });

  test("that is a file is left as it is", async () => {
    writeFileSync(out, "a file");
    expect(await fail(scratch(data))).toMatch(/^cannot write to .*out: it is a file, not a folder$/);
    expect(readFileSync(out, "utf8")).toBe("a file");
  });

  test("below a file is not made", async () => {
    const args = scratch(data, "--out", join(data, "out"));
    expect(await fail(args)).toMatch(/^cannot write to .*pairs\.csv.out: /);
  });
});

describe("sizes from scratch", () => {
  test("with heads that do not divide the hidden size", async () => {
    expect(await failUntouched(scratch(data, "--heads", "3"))).toContain(
      "3 heads do not divide the hidden size 16",
    );
  });

  test("with fewer rows than the vocabulary has tokens", async () => {
    expect(await failUntouched(scratch(data, "--vocab-size", "16"))).toContain(
      "--vocab-size 16 leaves no row",
    );
  });
});

describe("a model folder", () => {
  const model = join(folder, "model");
  let files: Map<string, Uint8Array>;

  beforeAll(async () => {
    await succeed(scratch(data, "--epochs", "1", "--out", model));
    files = filesOf(model);
  });

  /** A copy with one file changed, or taken away. */
  function damaged(name: string, change?: (bytes: Uint8Array) => string | Uint8Array): string {
    const copy = join(folder, "damaged");
    rmSync(copy, { recursive: true, force: true });
    mkdirSync(copy);
    for (const [file, bytes] of files) {
      if (file !== name) writeFileSync(join(copy, file), bytes);
      else if (change) writeFileSync(join(copy, file), change(bytes));
    }
    return copy;
  }

  const withConfig = (values: object) => {
    return damaged("config.json", (bytes) =>
      JSON.stringify({ ...JSON.parse(new TextDecoder().decode(bytes)), ...values }),
    );
  };

  function ask(asked: string): Promise<string> {
    return fail(["predict", "--model", asked, "some otter waits", "no otter waits"]);
  }

  test("that is not there", async () => {
    const message = await ask(join(folder, "no-model"));
    expect(message).toMatch(/^cannot read .*no-model.config\.json: there is no such file$/);
    const evaluated = await fail(["evaluate", "--model", join(folder, "no-model"), "--data", data]);
    expect(evaluated).toBe(message);
  });

  test("without its configuration, vocabulary or weights", async () => {
    expect(await ask(damaged("config.json"))).toMatch(/config\.json: there is no such file$/);
    expect(await ask(damaged("vocab.json"))).toMatch(/vocab\.json: there is no such file$/);
    expect(await ask(damaged("model.safetensors"))).toMatch(
      /holds no model\.safetensors: its training has not/,
    );
  });

  test("with a broken configuration", async () => {
    expect(await ask(damaged("config.json", () => '{"format": '))).toMatch(/config\.json is not JSON/);
    expect(await ask(damaged("config.json", () => "null"))).toMatch(
      /config\.json: it is null; expected an object/,
    );
    expect(await ask(withConfig({ version: 9 }))).toMatch(/does not describe a model of tunebert/);
    expect(await ask(withConfig({ hidden: "16" }))).toMatch(
      /config\.json: hidden is "16"; expected a whole number/,
    );
    expect(await ask(withConfig({ heads: 5 }))).toMatch(/config\.json: 5 heads do not divide/);
    expect(await ask(withConfig({ maxLength: 0 }))).toMatch(/config\.json: \S+ is 0; expected at least 1/);
    expect(await ask(withConfig({ labels: [] }))).toMatch(
      /config\.json: a classifier needs at least two labels/,
    );
  });

  test("whose weights do not belong to its configuration", async () => {
    expect(await ask(withConfig({ hidden: 32 }))).toMatch(
      /model\.safetensors: .*expected \[3, 32\], found \[3, 16\]/,
    );
    expect(await ask(withConfig({ ffn: 8 }))).toMatch(/dense1\.weight: expected \[8, 16\], found \[32, 16\]/);
    expect(await ask(withConfig({ labels: ["yes", "no"] }))).toMatch(
      /output\.weight: config\.json names 2 labels, so expected \[2, 16\], found \[3, 16\]$/,
    );
  });

  test("whose weights are damaged", async () => {
    const cut = damaged("model.safetensors", (bytes) => bytes.subarray(0, bytes.length - 100));
    expect(await ask(cut)).toMatch(/model\.safetensors: the safetensors file is truncated/);
    expect(await ask(damaged("model.safetensors", () => ""))).toMatch(
      /model\.safetensors is no weights file/,
    );
    const headless = damaged("model.safetensors", (bytes) => {
      const state = parseSafetensors(bytes);
      state.delete("output.weight");
      return serializeSafetensors(state);
    });
    expect(await ask(headless)).toMatch(/output\.weight: .*not found$/);
  });

  test("whose vocabulary is longer than the embedding", async () => {
    const longer = damaged("vocab.json", (bytes) => {
      return JSON.stringify([...JSON.parse(new TextDecoder().decode(bytes)), "extra"]);
    });
    expect(await ask(longer)).toContain("has 18 tokens, but the token embedding only 17 rows");
  });

  test("asked about lines that are not pairs", async () => {
    const input = Buffer.from("a\tb\nno tab\na\tb\tc\na\t\xff\na\tb\n", "latin1");
    const { code, stdout, stderr } = await tunebert(["predict", "--model", model], { input });
    expect(stderr.trimEnd().split("\n")).toEqual([
      "not answered: standard input, row 2: expected two texts with a tab between them, found 0 tabs; give one pair a line",
      "not answered: standard input, row 3: expected two texts with a tab between them, found 2 tabs; give one pair a line",
      "not answered: standard input, row 4: not valid UTF-8; save the file as UTF-8",
      expect.stringMatching(/^warning: 100.0 % of the words/),
      "tunebert: 3 rows could not be read and have no answer; all others are answered",
    ]);
    expect(stdout.trimEnd().split("\n")).toHaveLength(2);
    expect(code).toBe(1);
  });

  test("evaluated on labels it does not know", async () => {
    const file = writeData("others.csv", "premise,hypothesis,label\na,b,true\n");
    expect(await fail(["evaluate", "--model", model, "--data", file])).toMatch(
      /others\.csv, row 2: unknown label "true"; known labels: entailment, contradiction, neutral\. .* --no-label$/,
    );
  });

  test("to inspect in place of its weights", async () => {
    expect(await fail(["inspect", model])).toMatch(/^cannot read .*: it is a folder, not a file$/);
  });
});

function readSnliHeader(): string {
  return [
    ...[
      "gold_label",
      "sentence1_binary_parse",
      "sentence2_binary_parse",
      "sentence1_parse",
      "sentence2_parse",
    ],
    ...["sentence1", "sentence2", "captionID", "pairID", "label1", "label2", "label3", "label4", "label5"],
  ].join("\t");
}
