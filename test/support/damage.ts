/** Damaged files, and what is to become of them: a TunebertError, or what the types of their reader promise. */
import fc from "fast-check";
import { afterAll, describe, test } from "vitest";
import { TunebertError } from "../../src/error.js";

/** Of the processor: however long the whole takes, one input may not, on a busy machine either. */
const MAX_MILLISECONDS = 1000;

/** Reads a file to its end and looks at what comes out. */
export type Read = (bytes: Uint8Array) => void | Promise<void>;

/** Kinds of damage: each makes of a valid file any number of others. */
export type Damages = Readonly<Record<string, (valid: Uint8Array) => fc.Arbitrary<Uint8Array>>>;

/** Inputs for each kind of damage and each file: `FUZZ_RUNS`, or a few. */
export function fuzzRuns(few: number): number {
  return Number(process.env.FUZZ_RUNS ?? few);
}

const counts = { refused: 0, read: 0, slowest: 0 };

/**
 * A test of each kind of damage to a file, and of the file cut at every length.
 * @param areSound whether they can be read as they are
 */
export function describeDamaged(
  files: readonly (readonly [name: string, valid: Uint8Array, read: Read])[],
  {
    damages,
    runs,
    areSound = true,
  }: { readonly damages: Damages; readonly runs: number; readonly areSound?: boolean },
): void {
  afterAll(() => {
    if (process.env.FUZZ_RUNS) console.log(counts);
  });

  describe.each(files)("%s", { timeout: 60_000 + 100 * runs }, (_, valid, read) => {
    if (areSound) test("is read whole", () => read(valid));

    test("is read or refused at every length", async () => {
      for (let length = 0; length <= valid.length; length++) {
        await expectRefusedOrSound(valid.subarray(0, length), read);
      }
    });

    test.each(Object.entries(damages))("with %s", async (_, damage) => {
      const property = fc.asyncProperty(damage(valid).map(shownShort), (bytes) =>
        expectRefusedOrSound(bytes, read),
      );
      await fc.assert(property, { seed: Number(process.env.FUZZ_SEED ?? 1), numRuns: runs });
    });
  });
}

/** What is thrown but a TunebertError fails the property. */
async function expectRefusedOrSound(bytes: Uint8Array, read: Read): Promise<void> {
  const start = process.cpuUsage();
  try {
    await read(bytes);
    counts.read++;
  } catch (error) {
    if (!(error instanceof TunebertError)) throw error;
    counts.refused++;
  }
  const { user, system } = process.cpuUsage(start);
  const milliseconds = (user + system) / 1000;
  counts.slowest = Math.max(counts.slowest, milliseconds);
  if (milliseconds > MAX_MILLISECONDS) throw new Error(`one input took ${milliseconds} ms`);
}

/** Makes fast-check print the file: text as it is, and of a long one both ends; other bytes so that they can be read again. */
function shownShort(bytes: Uint8Array): Uint8Array {
  const buffer = Buffer.from(bytes);
  const isText = !buffer.includes(0) && !buffer.toString().includes("\ufffd");
  const text = isText ? JSON.stringify(buffer.toString()) : buffer.toString("base64");
  const shown = text.length <= 8000 ? text : `${text.slice(0, 1000)} … ${text.slice(-1000)}`;
  return Object.assign(bytes, { [fc.toStringMethod]: () => shown });
}

/** To files of any kind. */
export const byteDamages = {
  "some bytes changed": (valid) =>
    fc
      .array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const bytes = valid.slice();
        for (const [position, value] of changes) bytes[position] = value;
        return bytes;
      }),
  "a part cut out or doubled": (valid) =>
    fc.tuple(fc.nat(valid.length), fc.nat(200), fc.boolean()).map(([start, length, doubled]) => {
      const end = Math.min(start + length, valid.length);
      return Buffer.concat([valid.subarray(0, doubled ? end : start), valid.subarray(doubled ? start : end)]);
    }),
} satisfies Damages;

/** What programs that read text tend to stumble over. */
const PIECES = [
  ..."\0\t\n\r\"',:{}[]()\\- ",
  ...[
    "\r\n",
    "\r\r\n",
    ...[";", "|", "\u0085"],
    '""',
    "\ufeff",
    "\u2028",
    "null",
    "true",
    "0",
    "-1",
    "1e999",
    "9007199254740993",
    "9007199254740991",
    "{}",
    "[]",
  ],
  ...['"__proto__"', '"toString"', '"\\ud800"', "\\u0000", "-LRB-", "( ", " )", "😀"],
  ...["[".repeat(20_000), `${"[".repeat(20_000)}${"]".repeat(20_000)}`, '{"a":'.repeat(20_000)],
].map((piece) => Buffer.from(piece));

/** No UTF-8 at all. */
const BROKEN = [
  [0xff],
  [0xff, 0xfe],
  [0xfe, 0xff],
  [0x1f, 0x8b, 0x08],
  [0xc3],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
].map((bytes) => Uint8Array.from(bytes));

/** To files of text. */
export const textDamages: Damages = {
  ...byteDamages,
  "a piece put in or in another's place": (valid) =>
    fc
      .tuple(fc.nat(valid.length), fc.nat(8), fc.constantFrom(...PIECES, ...BROKEN))
      .map(([start, length, piece]) =>
        Buffer.concat([valid.subarray(0, start), piece, valid.subarray(start + length)]),
      ),
  "a value replaced": (valid) =>
    fc.tuple(fc.nat(), fc.constantFrom(...PIECES)).map(([which, piece]) => replaceValue(valid, which, piece)),
};

/** Puts a piece where a cell, a JSON string or a JSON number was. */
function replaceValue(valid: Uint8Array, which: number, piece: Uint8Array): Uint8Array {
  const values = [
    ...Buffer.from(valid)
      .toString("latin1")
      .matchAll(/"[^"]*"|[^\t\n\r,:{}[\]"]+/g),
  ];
  const { index, 0: value } = values[which % values.length]!;
  return Buffer.concat([valid.subarray(0, index), piece, valid.subarray(index + value.length)]);
}
