/** `tunebert audit`: labels that are probably wrong, near-duplicates, and examples that other files have too. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { Random } from "../src/random.js";
import { fail, readJsonLines, succeed, temporaryFolder, tunebert } from "./support/command.js";

const root = temporaryFolder();
const data = join(root, "reviews.csv");
const other = join(root, "held-out.csv");
const out = join(root, "audit");

const random = new Random(3);
const FILLERS = "stage park street house river garden market station band crowd night morning".split(" ");
const filler = () => FILLERS[random.below(FILLERS.length)]!;
/** 96 reviews, of which one word decides; rows 10 and 41 have the other label. */
const rows = Array.from({ length: 96 }, (_, i) => {
  const word = i % 2 === 0 ? "wonderful" : "awful";
  const others = Array.from({ length: 6 }, filler);
  const isWrong = i + 2 === 10 || i + 2 === 41;
  return `a ${word} show ${others.join(" ")},${(i % 2 === 0) === isWrong ? "bad" : "good"}`;
});
const TRAINING = [
  "--epochs",
  "6",
  "--batch-size",
  "8",
  "--learning-rate",
  "3e-3",
  "--threads",
  "1",
  "--dropout",
  "0",
];
const SMALL = ["--hidden", "32", "--ffn", "32", "--heads", "2", "--blocks", "1", "--embedding-std", "0.3"];
const AUDIT = [
  "audit",
  "--data",
  data,
  "--folds",
  "3",
  "--words",
  "book",
  ...TRAINING,
  ...SMALL,
  "--max-length",
  "24",
];

beforeAll(() => {
  const again = `${rows[20]!.split(",")[0]!.toUpperCase()} !,bad`;
  writeFileSync(data, `text,label\n${[...rows, again].join("\n")}\n`);
  writeFileSync(other, `text,label\n${rows[3]}\nsomething else altogether,good\n`);
});

describe("an audit", () => {
  let stdout: string;
  beforeAll(async () => {
    ({ stdout } = await succeed([...AUDIT, "--against", other, "--out", out]));
  });

  test("says what it found and where to go on", () => {
    expect(stdout).toMatch(/part 3\/3: trained on \d+, asked about \d+: loss .*accuracy/);
    expect(stdout).toMatch(/\d+ of 97 labels are probably wrong, or hard/);
    expect(stdout).toContain("1 group of near-duplicates, 1 with labels that differ");
    expect(stdout).toContain("1 example of other files is among these");
    expect(stdout).toContain(`Look at ${join(out, "report.html")}`);
  });

  test("lists what is wrong in a table, by row, with what to write instead", () => {
    const lines = readFileSync(join(out, "issues.csv"), "utf8").trimEnd().split("\n");
    expect(lines[0]).toBe("file,row,text,label,suggested,score,why");
    const first = lines.slice(1, 5).map((line) => Number(line.split(",")[1]));
    expect(first).toEqual(expect.arrayContaining([10, 41]));
    expect(lines.find((line) => line.startsWith(`${data},98,`))).toContain(
      "nearly the same as reviews.csv row 22",
    );
    expect(lines.find((line) => line.startsWith(`${data},5,`))).toContain("also in held-out.csv row 2");
  });

  test("shows it in a page", () => {
    const page = readFileSync(join(out, "report.html"), "utf8");
    expect(page).toContain("<title>reviews.csv: audit of the labels</title>");
    expect(page).toContain("Labels that are probably wrong");
    expect(page).toContain("reviews.csv row 41");
    expect(page).toContain("Also in other files");
    expect(page).not.toContain("<script");
  });

  test("is not written over", async () => {
    expect(await fail([...AUDIT, "--out", out])).toContain("report.html is there already");
  });
});

test("of numbers and of any labels it is told as JSON", async () => {
  const numbers = join(root, "numbers.csv");
  writeFileSync(
    numbers,
    `text,label\n${rows.map((row, i) => `${row.split(",")[0]},${(i % 2) + 0.5}`).join("\n")}\n`,
  );
  const any = join(root, "any.csv");
  writeFileSync(
    any,
    `text,label\n${rows.map((row, i) => `${row.split(",")[0]},${i % 2 ? "loud|odd" : "odd"}`).join("\n")}\n`,
  );
  const tasks = [
    [numbers, "regression", "--epochs", "1"],
    [any, "multi-label", "--label-separator", "|", "--task", "multi-label", "--epochs", "1"],
  ] as const;
  for (const [file, task, ...flags] of tasks) {
    const folder = join(root, task);
    const { stdout } = await succeed([...AUDIT, "--data", file, ...flags, "--out", folder, "--json"]);
    expect(readJsonLines(stdout)).toEqual([
      expect.objectContaining({ examples: 96, task, suspects: expect.any(Array), leaks: [] }),
    ]);
  }
});

test("a file that is not there is told of before anything is trained", async () => {
  const missing = join(root, "missing.csv");
  const args = [...AUDIT, "--against", missing, "--out", join(root, "never")];
  const { code, stdout, stderr } = await tunebert(args);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain(`cannot read ${missing}`);
});

test("too few examples are refused", async () => {
  const few = join(root, "few.csv");
  writeFileSync(few, `text,label\n${rows.slice(0, 5).join("\n")}\n`);
  expect(await fail([...AUDIT, "--data", few, "--out", join(root, "few")])).toContain(
    "5 examples are too few for --folds 3",
  );
});
