import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { COMMAND, readJsonLines, succeed, temporaryFolder, tunebert } from "./support/command.js";
import { nearly } from "./support/nearly.js";
import { TINY_SIZES, TINY_TRAINING, tinyPairs, toCsv } from "./support/tiny.js";

const LABELS = ["entailment", "contradiction", "neutral"];
const folder = temporaryFolder();
const pairs = tinyPairs();
const data = join(folder, "pairs.csv");
const model = join(folder, "model");

/** Trained long enough to give different answers, and too short to give the right ones always. */
beforeAll(async () => {
  writeFileSync(data, toCsv(pairs));
  const flags = [
    ...TINY_SIZES,
    ...TINY_TRAINING,
    "--epochs",
    "8",
    "--learning-rate",
    "1e-2",
    "--embedding-std",
    "0.1",
  ];
  await succeed(["train", "--train", data, ...flags, "--out", model]);
});

describe("evaluate", () => {
  interface Report {
    readonly examples: number;
    readonly skipped: number;
    readonly accuracy: number;
    readonly macroF1: number;
    readonly perClass: {
      readonly label: string;
      readonly precision: number;
      readonly recall: number;
      readonly f1: number;
      readonly support: number;
    }[];
    readonly confusion: number[][];
  }

  async function evaluateJson(...flags: string[]): Promise<Report> {
    return JSON.parse(
      (await succeed(["evaluate", "--model", model, "--data", data, "--json", ...flags])).stdout,
    );
  }

  test("gives figures that agree with one another", async () => {
    const { examples, skipped, accuracy, perClass, macroF1, confusion } = await evaluateJson();
    expect([examples, skipped]).toEqual([36, 0]);
    expect(perClass.map(({ label }) => label)).toEqual(LABELS);
    const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
    expect(accuracy).toBeCloseTo(total(confusion.map((row, i) => row[i]!)) / 36, 12);
    perClass.forEach(({ precision, recall, f1, support }, i) => {
      const right = confusion[i]![i]!;
      const predicted = total(confusion.map((row) => row[i]!));
      expect(support).toBe(12);
      expect(total(confusion[i]!)).toBe(12);
      expect(recall).toBeCloseTo(right / support, 12);
      expect(precision).toBeCloseTo(predicted === 0 ? 0 : right / predicted, 12);
      expect(f1).toBeCloseTo((2 * right) / (predicted + support), 12);
    });
    expect(macroF1).toBeCloseTo(total(perClass.map(({ f1 }) => f1)) / 3, 12);
  });

  test("counts what predict answers", async () => {
    const { confusion } = await evaluateJson();
    const { stdout } = await succeed(["predict", "--model", model, "--data", data, "--json"]);
    const counted = LABELS.map(() => LABELS.map(() => 0));
    readJsonLines(stdout).forEach(({ label }, i) => {
      counted[LABELS.indexOf(pairs[i]!.label)]![LABELS.indexOf(label as string)]! += 1;
    });
    expect(confusion).toEqual(counted);
    expect(new Set(readJsonLines(stdout).map(({ label }) => label)).size).toBeGreaterThan(1);
  });

  test("prints the same figures as text", async () => {
    const { accuracy, perClass, confusion } = await evaluateJson();
    const { stdout } = await succeed(["evaluate", "--model", model, "--data", data]);
    expect(stdout).toContain(`accuracy ${accuracy.toFixed(3)}, macro f1 `);
    const cells = stdout.split("\n").map((line) => line.trim().split(/\s+/).join(" "));
    perClass.forEach(({ label, precision, recall, f1, support }, i) => {
      const figures = [precision, recall, f1].map((figure) => figure.toFixed(3));
      expect(cells).toContain([label, ...figures, support].join(" "));
      expect(cells).toContain([label, ...confusion[i]!].join(" "));
    });
  });

  test("skips and counts pairs without a label", async () => {
    const file = join(folder, "unlabelled.csv");
    writeFileSync(file, `${toCsv(pairs)}some otter waits,no otter waits,\n`);
    expect(await evaluateJson("--data", file)).toMatchObject({ examples: 36, skipped: 1 });
  });
});

describe("predict", () => {
  interface Answer {
    readonly text: string;
    readonly textPair: string;
    readonly label: string;
    readonly probabilities: Record<string, number>;
  }

  const asJson = (stdout: string) => readJsonLines(stdout) as unknown as Answer[];
  const pick = ({ text, textPair }: Pick<Answer, "text" | "textPair">) => ({ text, textPair });
  const asked = pairs.map(pick);
  const tabbed = asked.map(({ text, textPair }) => `${text}\t${textPair}\n`).join("");
  let answers: Answer[];

  beforeAll(async () => {
    answers = asJson((await succeed(["predict", "--model", model, "--data", data, "--json"])).stdout);
  });

  test("answers each pair of a file in its place", () => {
    expect(answers.map(pick)).toEqual(asked);
  });

  test("gives each label a probability, which add up to 1, and the most probable as its answer", () => {
    for (const { label, probabilities } of answers) {
      expect(Object.keys(probabilities)).toEqual(LABELS);
      const values = Object.values(probabilities);
      expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
      expect(probabilities[label]).toBe(Math.max(...values));
    }
  });

  test("answers the pair of its arguments as it does in a file", async () => {
    for (const i of [0, 20]) {
      const { text, textPair } = asked[i]!;
      const { stdout } = await succeed(["predict", "--model", model, text, textPair, "--json"]);
      const [answer] = asJson(stdout);
      expect(answer).toMatchObject({ text, textPair, label: answers[i]!.label });
      for (const label of LABELS) {
        expect(answer!.probabilities[label]).toBeCloseTo(answers[i]!.probabilities[label]!, 5);
      }
    }
  });

  test("asks for the second text where there is but one", async () => {
    const { code, stderr } = await tunebert(["predict", "--model", model, "a text"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("the model is one of pairs: give two texts")]);
  });

  test("answers each line of standard input in its place", async () => {
    const { stdout } = await succeed(["predict", "--model", model, "--json"], { input: tabbed });
    expect(asJson(stdout)).toEqual(answers);
  });

  test("takes line ends of Windows, blank lines and a last line without an end", async () => {
    const input = `\r\n${tabbed.replaceAll("\n", "\r\n").trimEnd()}`;
    const { stdout } = await succeed(["predict", "--model", model, "--json"], { input });
    expect(asJson(stdout)).toEqual(answers.map(nearly));
  });

  test("answers a line as soon as it comes, in pieces too", async () => {
    const child = spawn(process.execPath, [COMMAND, "predict", "--model", model]);
    const answer = () => new Promise((resolve) => child.stdout.once("data", (text) => resolve(String(text))));
    const line = /^\S+ +entailment \d\.\d{3} .*\n$/;
    child.stdin.write("the tall pilot waits and sings\tthe pi");
    await new Promise((resolve) => setTimeout(resolve, 100));
    child.stdin.write("lot\n");
    expect(await answer()).toMatch(line);
    child.stdin.write("a\tb\n");
    expect(await answer()).toMatch(line);
    child.stdin.end();
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
  });

  test("writes a table for a spreadsheet, with a header row and quotes where they are needed", async () => {
    const input = 'a "b"\tc, d\n';
    const { stdout } = await succeed(["predict", "--model", model, "--format", "csv"], { input });
    const [head, row, ...more] = stdout.split("\n");
    const each = LABELS.map((label) => `probability of ${label}`).join(",");
    expect(head).toBe(`text,textPair,label,probability,${each}`);
    expect(row).toMatch(/^"a ""b""","c, d",(entailment|contradiction|neutral)(,0\.\d{6}){4}$/);
    expect(more).toEqual([""]);
  });

  test("writes the most probable labels alone on demand", async () => {
    const ask = async (...flags: string[]) => {
      const { stdout } = await succeed(["predict", "--model", model, "--data", data, "--top", "2", ...flags]);
      return stdout.split("\n");
    };
    const [text] = await ask();
    expect(text).toMatch(/^(\S+) +\1 0\.\d{3} {2}\S+ 0\.\d{3} {2}and 1 other$/);
    const [first, second] = Object.entries(answers[0]!.probabilities).sort(([, a], [, b]) => b - a);
    const [json] = await ask("--format", "jsonl");
    expect(Object.keys(JSON.parse(json!).probabilities)).toEqual([first![0], second![0]]);
    const [head, row] = await ask("--format", "csv");
    expect(head).toBe("text,textPair,label,probability,label2,probability2");
    expect(row).toContain(`,${first![0]},${first![1].toFixed(6)},${second![0]},`);
  });

  test("answers as many pairs as it is given", async () => {
    const input = tabbed.repeat(60);
    const { stdout } = await succeed(["predict", "--model", model, "--json"], { input });
    expect(asJson(stdout).map(pick)).toEqual(Array.from({ length: 60 }, () => asked).flat());
  });

  test("prints label and probabilities as text", async () => {
    const { text, textPair } = asked[0]!;
    const { stdout } = await succeed(["predict", "--model", model, text, textPair]);
    const each = LABELS.map((label) => `${label} (\\d\\.\\d{3})`).join(" +");
    expect(stdout).toMatch(new RegExp(`^${answers[0]!.label} +${each}\n$`));
  });

  test("ends in peace when nobody reads its answers any more", async () => {
    const child = spawn(process.execPath, [COMMAND, "predict", "--model", model]);
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    child.stdout.destroy();
    child.stdin.end(tabbed);
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(stderr).toBe("");
    expect(code).toBe(0);
  });

  test("prints nothing when there is nothing to answer", async () => {
    expect((await succeed(["predict", "--model", model])).stdout).toBe("");
  });
});

describe("inspect", () => {
  test("lists name, type and shape of every tensor", async () => {
    const { stdout } = await succeed(["inspect", join(model, "model.safetensors")]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toContainEqual(
      expect.stringMatching(/^encoder\.token_embedding\.weight +float32 +\[17, 16\]$/),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^output\.bias +float32 +\[3\]$/));
    expect(lines.at(-1)).toMatch(/^23 tensors, [\d,]+ elements$/);
    expect(lines).toHaveLength(24);
  });

  test("prints one JSON object a tensor", async () => {
    const { stdout } = await succeed(["inspect", join(model, "model.safetensors"), "--json"]);
    const tensors = readJsonLines(stdout);
    expect(tensors).toHaveLength(23);
    expect(tensors).toContainEqual({ name: "encoder.pos_embedding", type: "float32", shape: [1, 512, 16] });
  });

  test("reads what PyTorch wrote", async () => {
    for (const file of ["types.zip.pt", "types.legacy.pt"]) {
      const { stdout } = await succeed(["inspect", `test/fixtures/weights/${file}`, "--json"]);
      expect(readJsonLines(stdout)).toContainEqual({ name: "bfloat16", type: "bfloat16", shape: [3] });
    }
  });
});
