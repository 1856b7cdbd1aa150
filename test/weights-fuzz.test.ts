/**
 * Damaged weights files: every parser refuses them with a TunebertError, or reads tensors that fit their shapes,
 * within a second. `FUZZ_RUNS=17000 npx vitest run test/weights-fuzz.test.ts` tries more than a million.
 */
import fc from "fast-check";
import { inflateSync } from "fflate";
import { afterAll, describe, expect, test } from "vitest";
import { TunebertError } from "../src/error.js";
import { parseWeights } from "../src/weights/parse-weights.js";
import type { StateDict } from "../src/weights/tensor.js";
import { UnreadTensor } from "../src/weights/unread-tensor.js";
import { isZip, openZip } from "../src/weights/zip-directory.js";
import { writeZip } from "../src/weights/zip-writer.js";
import { weightsFixture } from "./support/weights.js";

const FILES = [
  "types.zip.pt",
  "types.legacy.pt",
  "views.zip.pt",
  "views.legacy.pt",
  "protocol4.zip.pt",
  "protocol4.legacy.pt",
  "checkpoint.legacy.pt",
  "storage-views.legacy.pt",
  "library.safetensors",
  "mxnet-v1.params",
  "mxnet-v2.params",
  "mxnet-v3.params",
  "npz-types.npz",
  "npz-versions.npz",
  "npz-compressed.npz",
  "npz-big-endian.npz",
  "npz-unread.npz",
  "training.zip.pt",
  "training.legacy.pt",
  "attributes.zip.pt",
  "unread.zip.pt",
  "unread.legacy.pt",
  "python2.legacy.pt",
  "uint16.safetensors",
];

/** Inputs for each kind of damage and each file. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 150);
const SETTINGS = { seed: Number(process.env.FUZZ_SEED ?? 1), numRuns: RUNS };
/** However long the whole takes, one input may not. */
const MAX_MILLISECONDS = 1000;

const counts = { refused: 0, read: 0, slowest: 0, slowestOf: "" };

afterAll(() => {
  if (process.env.FUZZ_RUNS) console.log({ ...counts, peakMegabytes: process.resourceUsage().maxRSS / 1024 });
});

/** Kinds of damage: each makes of a valid file any number of others. */
const DAMAGES: Readonly<Record<string, (valid: Uint8Array) => fc.Arbitrary<Uint8Array>>> = {
  "some bytes changed": (valid) =>
    fc
      .array(fc.tuple(fc.nat(Math.max(0, valid.length - 1)), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const bytes = valid.slice();
        for (const [position, value] of changes) bytes[position] = value;
        return bytes;
      }),
  "a number replaced": (valid) =>
    fc.tuple(fc.nat(valid.length), fc.constantFrom(...NUMBERS)).map(([position, number]) => {
      const bytes = valid.slice();
      bytes.set(number.subarray(0, valid.length - position), position);
      return bytes;
    }),
  "a part cut out, doubled or replaced": (valid) =>
    fc
      .tuple(fc.nat(valid.length), fc.nat(64), fc.uint8Array({ maxLength: 16 }), fc.boolean())
      .map(([start, length, insert, doubled]) => {
        const end = Math.min(start + length, valid.length);
        return Buffer.concat([valid.subarray(0, end), insert, valid.subarray(doubled ? start : end)]);
      }),
};

/** Sizes and counts at which programs tend to stumble, as the 2, 4 and 8 bytes that hold them. */
const NUMBERS = [0, 1, 2 ** 15, 2 ** 16 - 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 53, -1].flatMap(
  (number) => {
    const bytes = new Uint8Array(BigInt64Array.of(BigInt(number)).buffer);
    return [bytes.subarray(0, 2), bytes.subarray(0, 4), bytes];
  },
);

describe.each(FILES)("%s", { timeout: 60_000 + 10 * RUNS }, (name) => {
  const valid = weightsFixture(name);

  test("is refused at every length but its own", () => {
    for (let length = 0; length < valid.length; length++) {
      expect(() => parseWeights(valid.subarray(0, length), name)).toThrow(TunebertError);
    }
    expect(parseWeights(valid, name).size).toBeGreaterThan(0);
  });

  test.each(Object.entries(DAMAGES))("with %s", (_, damage) => {
    const property = fc.property(damage(valid), (bytes) => expectRefusedOrSound(bytes, name));
    fc.assert(property, SETTINGS);
  });

  // A checksum keeps most damage away from whatever reads the entry, so here the checksum is right.
  if (!isZip(valid)) return;
  test.each(Object.entries(DAMAGES))("with %s in an entry", (_, damage) => {
    const zip = openZip(valid, (data, size) => inflateSync(data, { out: new Uint8Array(size) }));
    const entries = zip.names.map((entry) => ({ name: entry, data: zip.read(entry) }));
    const damaged = fc
      .nat(entries.length - 1)
      .chain((which) => damage(entries[which]!.data).map((data) => [which, data] as const))
      .map(([which, data]) => writeZip(entries.with(which, { name: entries[which]!.name, data })));
    fc.assert(
      fc.property(damaged, (bytes) => expectRefusedOrSound(bytes, name)),
      SETTINGS,
    );
  });
});

/** Parts of pickles, which a pickler would put in another order. */
const PARTS = [
  ...[
    "N",
    "K\x01",
    "K\0",
    "J\xff\xff\xff\x7f",
    "G\x7f\xf0\0\0\0\0\0\0",
    "\x8a\x02\0\x80",
    "\x88",
    "U\x01a",
    "U\x05state",
  ],
  ...[
    "X\x0c\0\0\0param_groups",
    "C\x01a",
    "(",
    "(",
    "t",
    ")",
    "\x85",
    "\x86",
    "\x87",
    "]",
    "a",
    "e",
    "}",
    "s",
    "u",
  ],
  ...[
    "\x8f",
    "\x90",
    "\x91",
    "0",
    "1",
    "q\0",
    "q\x01",
    "h\0",
    "h\x01",
    "r\xff\xff\0\0",
    "\x94",
    "R",
    "\x81",
    "b",
    "Q",
  ],
  ..."collections OrderedDict,collections Counter,builtins set,builtins bytearray,_codecs encode,torch Size"
    .concat(
      ",torch device,torch float32,torch float8_e5m2,torch.serialization _get_layout,torch.nn.parameter Parameter",
    )
    .concat(
      ",torch._tensor _rebuild_from_type_v2,torch Tensor,torch.storage UntypedStorage,torch.cuda HalfStorage,os system",
    )
    .concat(",torch._utils _rebuild_tensor_v2,torch._utils _rebuild_tensor_v3,torch._utils _rebuild_qtensor")
    .concat(",torch._utils _rebuild_sparse_tensor,torch._utils _rebuild_meta_tensor_no_storage")
    .concat(",torch._utils _rebuild_parameter,torch._utils _rebuild_parameter_with_state")
    .split(",")
    .map((name) => `c${name.replace(" ", "\n")}\n`),
  "(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x02tQ",
  "ctorch._utils\n_rebuild_tensor\n((U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x02tQK\0K\x02\x85K\x01\x85tR",
];

test("a pickle of parts in any order", { timeout: 60_000 + 100 * RUNS }, () => {
  const opening = Buffer.from(
    "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.M\xe9\x03.N.",
    "latin1",
  );
  const storage = Buffer.from(`]U\x010a.\x02${"\0".repeat(15)}`, "latin1");
  const files = fc.array(fc.constantFrom(...PARTS), { maxLength: 60 }).map((parts) => {
    return Buffer.concat([opening, Buffer.from(`${parts.join("")}.`, "latin1"), storage]);
  });
  const property = fc.property(files, (bytes) => expectRefusedOrSound(bytes, "parts of a pickle"));
  fc.assert(property, { ...SETTINGS, numRuns: 10 * RUNS });
});

test("a safetensors header of any JSON", { timeout: 60_000 + 100 * RUNS }, () => {
  const natural = fc.oneof(fc.nat(8), fc.constantFrom(2 ** 31, 2 ** 53, -1, 1.5), fc.jsonValue());
  const entry = fc.record(
    {
      dtype: fc.oneof(fc.constantFrom("F32", "U8", "F8_E4M3", "toString", ""), fc.jsonValue()),
      shape: fc.oneof(fc.array(natural, { maxLength: 4 }), fc.jsonValue()),
      data_offsets: fc.oneof(fc.tuple(natural, natural), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  const files = fc.dictionary(fc.string(), fc.oneof(entry, fc.jsonValue()), { maxKeys: 4 }).map((header) => {
    const text = Buffer.from(JSON.stringify(header));
    return Buffer.concat([Buffer.from(BigInt64Array.of(BigInt(text.length)).buffer), text, Buffer.alloc(8)]);
  });
  const property = fc.property(files, (bytes) => expectRefusedOrSound(bytes, "a header of JSON"));
  fc.assert(property, { ...SETTINGS, numRuns: 10 * RUNS });
});

function expectRefusedOrSound(bytes: Uint8Array, name: string): void {
  const start = performance.now();
  const state = readOrRefuse(bytes, name);
  const milliseconds = performance.now() - start;
  if (milliseconds > counts.slowest) Object.assign(counts, { slowest: milliseconds, slowestOf: name });
  counts[state ? "read" : "refused"]++;
  if (milliseconds > MAX_MILLISECONDS) throw new Error(`one input took ${milliseconds} ms`);
  for (const tensor of state?.values() ?? []) {
    if (tensor instanceof UnreadTensor) continue;
    const { shape, data } = tensor;
    const expected = shape.reduce((product, dimension) => product * dimension, 1);
    if (data.length !== expected) throw new Error(`${data.length} elements in the shape [${shape}]`);
  }
}

/** What is thrown but a TunebertError fails the property. */
function readOrRefuse(bytes: Uint8Array, name: string): StateDict | undefined {
  try {
    return parseWeights(bytes, name);
  } catch (error) {
    if (error instanceof TunebertError) return undefined;
    throw error;
  }
}
