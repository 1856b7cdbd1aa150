import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { Random } from "../src/random.js";
import { parseWeights } from "../src/weights/parse-weights.js";
import {
  fail,
  readBytes,
  readJsonLines,
  start,
  succeed,
  temporaryFolder,
  tunebert,
} from "./support/command.js";
import { tinyPairs, toCsv } from "./support/tiny.js";

const folder = temporaryFolder();
const text = join(folder, "text.txt");
const pairs = join(folder, "pairs.csv");
const SIZES = ["--hidden", "16", "--ffn", "24", "--heads", "2", "--blocks", "2", "--positions", "32"];
const TRAINING = ["--max-length", "32", "--batch-size", "16", "--threads", "2", "--min-frequency", "1"];

function run(out: string, ...flags: string[]): string[] {
  const files = ["--text", text, "--validation", text, "--out", join(folder, out)];
  return ["pretrain", ...files, ...SIZES, ...TRAINING, "--epochs", "4", "--checkpoint-every", "5", ...flags];
}

beforeAll(async () => {
  const random = new Random(0);
  const words = "a the dog cat man woman runs sleeps barks eats old big red in park house".split(" ");
  const sentence = () =>
    Array.from({ length: 3 + random.below(5) }, () => words[random.below(words.length)]).join(" ");
  const paragraph = () => Array.from({ length: 2 + random.below(4) }, sentence).join("\n");
  writeFileSync(text, Array.from({ length: 60 }, paragraph).join("\n\n"));
  writeFileSync(pairs, toCsv(tinyPairs()));
  await succeed(run("whole"));
});

test("a run leaves a model in both layouts, its figures and its report", () => {
  expect(readdirSync(join(folder, "whole")).sort()).toEqual([
    ...["MODEL_CARD.md", "checkpoints", "config.json", "curves.svg", "metrics.jsonl", "model.safetensors"],
    ...["pretrained.params", "report.html", "run.json", "tokenizer_config.json", "vocab.json"],
  ]);
  const events = readJsonLines(readFileSync(join(folder, "whole", "metrics.jsonl"), "utf8"));
  const done = events.at(-1) as { event: string; train: object; validation: object };
  expect(done.event).toBe("done");
  const figures = ["loss", "nextSentenceAccuracy", "nextSentenceLoss", "tokenAccuracy", "tokenLoss"];
  expect(Object.keys(done.train).sort()).toEqual(figures);
  expect(Object.keys(done.validation).sort()).toEqual(figures);
  const report = readFileSync(join(folder, "whole", "report.html"), "utf8");
  for (const shown of ["Masked tokens guessed", "Next sentences told", "examples per second"]) {
    expect(report).toContain(shown);
  }
});

test("pretrained.params holds what the book's BERTModel has, in its order", () => {
  const [torch, own] = ["pretrained.params", "model.safetensors"].map((name) =>
    parseWeights(readBytes(folder, "whole", name), name),
  );
  expect([...torch!.keys()].slice(0, 3)).toEqual([
    ...["encoder.pos_embedding", "encoder.token_embedding.weight", "encoder.segment_embedding.weight"],
  ]);
  expect([...torch!.keys()].slice(-6)).toEqual([
    ...["mlm.mlp.2.weight", "mlm.mlp.2.bias", "mlm.mlp.3.weight", "mlm.mlp.3.bias"],
    ...["nsp.output.weight", "nsp.output.bias"],
  ]);
  for (const [name, { data }] of torch!) expect(data, name).toEqual(own!.get(name)?.data);
});

test("a killed run resumes to the bytes of one that never stopped", async () => {
  const started = start(run("stopped"));
  const metrics = join(folder, "stopped", "metrics.jsonl");
  while (!existsSync(metrics) || !readFileSync(metrics, "utf8").includes('"step":12,')) await sleep(2);
  started.kill("SIGTERM");
  const { code, stderr } = await started.ended;
  expect(code).toBe(143);
  expect(stderr).toContain("To go on from step");
  const { stderr: resumed } = await succeed(run("stopped", "--resume"));
  expect(resumed).toContain("resuming at step");
  for (const file of ["model.safetensors", "pretrained.params", "vocab.json", "config.json"]) {
    expect(readBytes(folder, "stopped", file), file).toEqual(readBytes(folder, "whole", file));
  }
  expect(await fail(run("stopped", "--resume", "--masking", "static"))).toMatch(
    /--masking was dynamic, is static/,
  );
});

test("static masks, a tied decoder and words alone are trained as asked, alike for the same seed", async () => {
  const flags = ["--masking", "static", "--tied-decoder", "--no-next-sentence", "--epochs", "1"];
  await succeed(run("other", ...flags));
  const first = readBytes(folder, "other", "model.safetensors");
  await succeed(run("other", ...flags, "--overwrite"));
  expect(readBytes(folder, "other", "model.safetensors")).toEqual(first);
  await succeed(run("other", ...flags, "--overwrite", "--seed", "1"));
  expect(readBytes(folder, "other", "model.safetensors")).not.toEqual(first);
  const state = parseWeights(readBytes(folder, "other", "model.safetensors"), "model.safetensors");
  expect(state.has("mlm.mlp.3.bias")).toBe(true);
  for (const name of ["mlm.mlp.3.weight", "nsp.output.weight"]) expect(state.has(name)).toBe(false);
  expect(existsSync(join(folder, "other", "pretrained.params"))).toBe(false);
});

test("a model of words is fine-tuned with its vocabulary and its encoder", async () => {
  const out = join(folder, "tuned-words");
  const trained = ["--learning-rate", "1e-30", "--epochs", "1", "--threads", "1", "--max-length", "32"];
  await succeed(["train", "--train", pairs, "--pretrained", join(folder, "whole"), ...trained, "--out", out]);
  expect(readBytes(out, "vocab.json")).toEqual(readBytes(folder, "whole", "vocab.json"));
  const [before, after] = [join(folder, "whole"), out].map((from) =>
    parseWeights(readBytes(from, "model.safetensors"), from),
  );
  // So small a step that what was taken over is still there.
  const taken = [...before!.keys()].filter((name) => /^(encoder|hidden)\./.test(name));
  expect(taken.length).toBeGreaterThan(30);
  for (const name of taken) expect(after!.get(name), name).toEqual(before!.get(name));
  expect(after!.get("output.weight")?.shape).toEqual([3, 16]);
});

test("pieces of words are learnt, and a model of them is fine-tuned and gone on with", async () => {
  const out = join(folder, "pieces");
  await succeed(run("pieces", "--vocabulary", "wordpiece", "--vocab-size", "60", "--epochs", "1"));
  expect(JSON.parse(readFileSync(join(out, "tokenizer.json"), "utf8")).model.type).toBe("WordPiece");
  const trained = ["--epochs", "1", "--threads", "1", "--max-length", "32", "--out", join(folder, "tuned")];
  const { stdout } = await succeed(["train", "--train", pairs, "--pretrained", out, ...trained]);
  expect(stdout).toContain("recipe: fine-tuning a small model");
  const further = ["--text", text, "--pretrained", out, "--epochs", "1", "--threads", "1"];
  await succeed(["pretrain", ...further, "--max-length", "32", "--out", join(folder, "further")]);
});

test("several files are read one after another, as a list or each with its flag", async () => {
  const [one, two] = ["one.txt", "two.txt"].map((name) => join(folder, name));
  writeFileSync(one!, "a dog runs\nit barks\n");
  writeFileSync(two!, "a cat sleeps\nit purrs\na cat eats\n");
  const sizes = [...SIZES, ...TRAINING, "--epochs", "1", "--overwrite", "--out", join(folder, "several")];
  const read = async (files: string[]) => (await succeed(["pretrain", ...files, ...sizes])).stdout;
  expect(await read(["--text", one!, two!])).toContain("in 5 sentences, 3 pairs");
  expect(await read(["--text", one!, "--text", two!])).toContain("in 5 sentences, 3 pairs");
});

test("text that is not one sentence a line is warned of, with what of it is never learnt from", async () => {
  const prose = join(folder, "prose.txt");
  writeFileSync(prose, `${"a dog runs and barks . ".repeat(20)}\n\nit sleeps .\n`);
  const files = ["--text", prose, "--out", join(folder, "prose"), "--epochs", "1"];
  const { stderr } = await succeed(["pretrain", ...files, ...SIZES, ...TRAINING]);
  // 120 and 3 tokens; 30 of a sentence have room beside <cls> and <sep>.
  expect(stderr).toContain(
    "warning: 73 % of the tokens are never learnt from, since their sentences are longer",
  );
  expect(stderr).toContain("warning: no sentence has a next one");
});

test("WikiText's words are what stands between spaces, its <unk> among them", async () => {
  const wiki = join(folder, "wiki.txt");
  writeFileSync(wiki, " = Dogs = \n A <unk> dog - barks . It <unk> runs . \n".repeat(20));
  const files = ["--text", wiki, "--out", join(folder, "wiki"), "--epochs", "1"];
  await succeed(["pretrain", ...files, ...SIZES, ...TRAINING]);
  const words = JSON.parse(readFileSync(join(folder, "wiki", "vocab.json"), "utf8"));
  expect(words).toContain("<unk>");
  expect(words).not.toContain("unk");
  expect(existsSync(join(folder, "wiki", "tokenizer_config.json"))).toBe(false);
});

test("what does not fit is refused, and says what helps", async () => {
  expect(await fail(run("whole"))).toMatch(/holds a trained model already; .*--resume .*--overwrite/);
  const elsewhere = ["pretrain", "--out", join(folder, "new")];
  expect(await fail([...elsewhere, "--text", join(folder, "none.txt")])).toContain("none.txt");
  expect(
    await fail([...elsewhere, "--text", text, "--pretrained", join(folder, "whole"), "--hidden", "8"]),
  ).toMatch(/--hidden is for a model from scratch/);
  expect(await fail(["predict", "--model", join(folder, "whole"), "a", "b"])).toMatch(
    /describes a pretrained model, which has not learnt to answer yet/,
  );
  const broken = join(folder, "broken.txt");
  writeFileSync(broken, Uint8Array.of(0x61, 0x20, 0xff, 0x0a));
  expect(await fail([...elsewhere, "--text", broken])).toMatch(/broken\.txt.*not valid UTF-8/);
  writeFileSync(broken, "\n\n");
  expect(await fail([...elsewhere, "--text", broken])).toContain("the text has no words to pretrain on");
  expect((await tunebert(["pretrain", "--out", join(folder, "new")])).code).toBe(2);
  expect(existsSync(join(folder, "new", "model.safetensors"))).toBe(false);
});

test("a student learns from a teacher, which is asked once", async () => {
  const unlabelled = join(folder, "more.csv");
  const rows = tinyPairs().map(({ text: first, textPair }) => `"${first}","${textPair}"\n`);
  writeFileSync(unlabelled, `premise,hypothesis\n${rows.join("")}`);
  const small = [
    "--hidden",
    "16",
    "--ffn",
    "16",
    "--heads",
    "2",
    "--blocks",
    "1",
    "--threads",
    "1",
    "--epochs",
    "1",
  ];
  const files = ["--train", pairs, "--teacher", join(folder, "tuned"), "--unlabelled", unlabelled];
  const student = ["train", ...files, ...small, "--min-frequency", "1", "--out", join(folder, "student")];
  const first = await succeed(student);
  expect(first.stdout).toMatch(/teacher: 3 labels, asked about 36 labelled and 36 unlabelled examples/);
  expect(first.stdout).not.toContain("known from before");
  const bytes = readBytes(folder, "student", "model.safetensors");
  const again = await succeed([...student, "--overwrite"]);
  expect(again.stdout).toContain("teacher: its answers are known from before");
  expect(readBytes(folder, "student", "model.safetensors")).toEqual(bytes);
  expect(JSON.parse(readFileSync(join(folder, "student", "run.json"), "utf8")).settings).toMatchObject({
    ...{ temperature: 2, teacherWeight: 0.5 },
  });
  const others = [...small, "--out", join(folder, "none"), "--teacher", join(folder, "whole")];
  expect(await fail(["train", "--train", pairs, ...others])).toContain("has not learnt to answer yet");
});
