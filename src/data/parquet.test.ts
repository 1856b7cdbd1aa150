import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { TunebertError } from "../error.js";
import type { TextExample } from "../text/text-example.js";
import { type ReadExamplesOptions, readExamples } from "./read-examples.js";

/** What tools/make-parquet-fixtures.py writes. */
const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../test/fixtures/parquet/${name}.parquet`, import.meta.url)));
const TEXTS = [
  ...["the otter dives", "the heron waits – ‘ü’ 🦦", "a baker sings"],
  ...["no pilot sleeps", "the pilot naps", "all is calm"],
];

async function read(bytes: Uint8Array, options: Partial<ReadExamplesOptions> = {}): Promise<TextExample[]> {
  const found: TextExample[] = [];
  for await (const example of readExamples(bytes, { fileName: "a.parquet", ...options })) found.push(example);
  return found;
}

const CLASSES = ["calm", "tall", undefined, "loud", "calm", "tall"];
const LISTS = [["calm", "tall"], [], undefined, ["loud"], ["calm"], ["tall"]];

describe("a file of Parquet", () => {
  test.each([
    ["classes", CLASSES],
    ["small-classes", CLASSES],
    ["lists", LISTS],
    ["other-lists", LISTS],
    ["numbers", ["0.5", "2", undefined, "4.25", "1", "3"]],
    ["truths", ["true", "false", undefined, "true", "true", "false"]],
    ["names", ["a", "b", undefined, "a", "b", "a"]],
  ])("of %s is read", async (name, labels) => {
    const examples = await read(fixture(name));
    expect(examples.map(({ text }) => text)).toEqual(TEXTS);
    expect(examples.map(({ label }) => label)).toEqual(labels);
    expect(examples.at(-1)).toMatchObject({ fileName: "a.parquet", row: 6 });
  });

  test("has its columns named as any table", async () => {
    const [example] = await read(fixture("names"), {
      textColumn: "text",
      textPairColumn: "label",
      labelColumn: "idx",
    }).catch((error) => [error]);
    expect(example).toBeInstanceOf(Error); // a text that is null
    expect((await read(fixture("classes"), { textColumn: "2", labelColumn: "idx" }))[1]).toMatchObject({
      label: "1",
    });
    expect((await read(fixture("classes"), { labelNames: ["x", "y", "z"] }))[1]).toMatchObject({
      label: "z",
    });
    await expect(read(fixture("classes"), { textColumn: "none" })).rejects.toThrow(
      'a.parquet: no column "none"; found: idx, text, label',
    );
  });

  test("comes in pieces too", async () => {
    const bytes = fixture("classes");
    const pieces = (async function* () {
      for (let start = 0; start < bytes.length; start += 100) yield bytes.subarray(start, start + 100);
    })();
    let count = 0;
    for await (const _ of readExamples(pieces, { fileName: "a.parquet" })) count++;
    expect(count).toBe(6);
  });

  test.each([
    ["empty", new Uint8Array()],
    ["cut off", fixture("classes").subarray(0, -9)],
    ["text", new TextEncoder().encode("text,label\na,b\n")],
  ])("that is %s is refused", async (_, bytes) => {
    await expect(read(bytes)).rejects.toThrow(/^a.parquet is no sound file of Parquet: /);
  });

  test("whatever byte is wrong, is read or refused", async () => {
    const whole = fixture("classes");
    for (let i = 0; i < whole.length; i += 3) {
      const bytes = whole.slice();
      bytes[i] = bytes[i]! ^ (1 << (i % 8));
      const outcome = await read(bytes).catch((error) => error);
      if (outcome instanceof Error) expect(outcome, `at ${i}`).toBeInstanceOf(TunebertError);
    }
  });
});
