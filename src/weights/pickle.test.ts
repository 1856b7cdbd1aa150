import { describe, expect, test } from "vitest";
import { TunebertError } from "../error.js";
import { type PickleNames, PLAIN_DATA, unpickle } from "./pickle.js";
import { PickleDict, PickleGlobal, PickleTuple } from "./pickle-values.js";

/** A pickle of ASCII text, each character a byte, and of numbers that stand for one byte each. */
function pickle(...parts: (string | number)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === "number" ? [part] : [...part].map((c) => c.charCodeAt(0)))),
  );
}

const read = (bytes: Uint8Array, names = PLAIN_DATA) => comparable(unpickle(bytes, 0, names).value);

/** Dictionaries as maps. */
function comparable(value: unknown): unknown {
  if (!(value instanceof PickleDict)) return value;
  return new Map([...value].map(([key, item]) => [key, comparable(item)]));
}

test("reads plain values", () => {
  expect(read(pickle("N."))).toBe(null);
  expect(read(pickle(0x80, 2, 0x88, "."))).toBe(true);
  expect(read(pickle(0x89, "."))).toBe(false);
  expect(read(pickle("J", 0xfe, 0xff, 0xff, 0xff, "."))).toBe(-2);
  expect(read(pickle("K", 200, "."))).toBe(200);
  expect(read(pickle("M", 0xe9, 3, "."))).toBe(1001);
  expect(read(pickle("G", 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, "."))).toBe(1.5);
  expect(read(pickle("X", 2, 0, 0, 0, 0xc3, 0xb6, "."))).toBe("ö");
  expect(read(pickle("U", 2, "ab."))).toBe("ab");
  expect(read(pickle("T", 2, 0, 0, 0, "ab."))).toBe("ab");
  expect(read(pickle(0x8d, 1, 0, 0, 0, 0, 0, 0, 0, "a."))).toBe("a");
  expect(read(pickle("C", 2, 1, 2, "."))).toEqual(Uint8Array.of(1, 2));
  expect(read(pickle("B", 1, 0, 0, 0, 9, "."))).toEqual(Uint8Array.of(9));
});

test("reads long integers as numbers where these are exact", () => {
  expect(read(pickle(0x8a, 0, "."))).toBe(0);
  expect(read(pickle(0x8a, 2, 0x00, 0xff, "."))).toBe(-256);
  expect(read(pickle(0x8a, 7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, "."))).toBe(Number.MAX_SAFE_INTEGER);
  expect(read(pickle(0x8a, 7, 0, 0, 0, 0, 0, 0, 0x20, "."))).toBe(2n ** 53n);
});

test("reads containers, nested and filled one by one or in batches", () => {
  expect(read(pickle("]K", 1, "a(K", 2, "K", 3, "e."))).toEqual([1, 2, 3]);
  expect(read(pickle("}K", 1, "K", 2, "s(K", 3, "}K", 4, "Nu."))).toEqual(
    new Map<unknown, unknown>([
      [1, 2],
      [3, new Map()],
      [4, null],
    ]),
  );
  expect(read(pickle(")."))).toEqual(new PickleTuple([]));
  expect(read(pickle("K", 1, 0x85, "."))).toEqual(new PickleTuple([1]));
  expect(read(pickle("K", 1, "K", 2, 0x86, "."))).toEqual(new PickleTuple([1, 2]));
  expect(read(pickle("K", 1, "K", 2, "K", 3, 0x87, "."))).toEqual(new PickleTuple([1, 2, 3]));
  expect(read(pickle("(K", 1, "(K", 2, "tt."))).toEqual(new PickleTuple([1, new PickleTuple([2])]));
});

test("remembers objects by number, and in order from protocol 4 on", () => {
  expect(read(pickle("K", 7, "q", 3, "h", 3, 0x86, "."))).toEqual(new PickleTuple([7, 7]));
  expect(read(pickle("K", 7, "r", 5, 0, 0, 0, "j", 5, 0, 0, 0, 0x86, "."))).toEqual(new PickleTuple([7, 7]));
  expect(read(pickle("K", 7, 0x94, "K", 8, 0x94, "h", 1, 0x87, "."))).toEqual(new PickleTuple([7, 8, 8]));
});

test("sets are lists, and what is popped is gone", () => {
  expect(read(pickle(0x8f, "(K", 1, "K", 2, 0x90, "."))).toEqual([1, 2]);
  expect(read(pickle("(K", 1, 0x91, "."))).toEqual([1]);
  expect(read(pickle("K", 1, "K", 2, "0(NN1."))).toBe(1);
  expect(read(pickle(0x8e, 1, 0, 0, 0, 0, 0, 0, 0, 5, "."))).toEqual(Uint8Array.of(5));
});

test("says where the pickle ends", () => {
  expect(unpickle(pickle("N.K", 5, ".rest"), 2, PLAIN_DATA)).toEqual({ value: 5, end: 5 });
});

test("keys that are special to JavaScript stay plain keys", () => {
  const value = read(pickle("}U", 9, "__proto__}U", 8, "pollutedK", 1, "ss."));
  expect(value).toEqual(new Map([["__proto__", new Map([["polluted", 1]])]]));
  expect(({} as Record<string, unknown>).polluted).toBe(undefined);
});

describe("names", () => {
  const names: PickleNames = {
    global: (name) =>
      name === "a.sum"
        ? new PickleGlobal(name, (args) => (args as number[]).reduce((x, y) => x + y))
        : name === "a.kind"
          ? new PickleGlobal(name)
          : undefined,
    persistent: (id) => `object ${id}`,
  };

  test("mean what the caller says, in either spelling", () => {
    expect(read(pickle("ca\nsum\n(K", 1, "K", 2, "tR."), names)).toBe(3);
    expect(read(pickle("U", 1, "aU", 3, "sum", 0x93, "(K", 1, "K", 2, "tR."), names)).toBe(3);
    expect(read(pickle("K", 4, "Q."), names)).toBe("object 4");
  });

  test.each([
    ["os.system", pickle("cos\nsystem\nU", 2, "ls", 0x85, "R.")],
    ["os.system", pickle(0x80, 4, 0x8c, 2, "os", 0x8c, 6, "system", 0x93, 0x8c, 2, "ls", 0x85, "R.")],
    ["builtins.eval", pickle("cbuiltins\neval\n.")],
    ["constructor.prototype", pickle("cconstructor\nprototype\n.")],
  ])("%s is refused by name", (name, bytes) => {
    expect(() => read(bytes, names)).toThrow(`refers to "${name}"`);
    expect(() => read(bytes, names)).toThrow(TunebertError);
  });

  test.each([
    ["calls a.kind, which is not a function", pickle("ca\nkind\n)R.")],
    ["calls a.sum without a tuple", pickle("ca\nsum\n]R.")],
    ["calls something that is not a function", pickle("K", 1, ")R.")],
    ["names a global by something that is not text", pickle("K", 1, "K", 2, 0x93, ".")],
    ["sets attributes of something that has none", pickle("ca\nkind\n}b.")],
  ])("%s", (message, bytes) => {
    expect(() => read(bytes, names)).toThrow(message);
  });

  test("of plain data are none", () => {
    expect(() => read(pickle("ca\nkind\n."))).toThrow('refers to "a.kind"');
    expect(() => read(pickle("K", 1, "Q."))).toThrow("refers to an outside object");
  });
});

test("attributes of a dict are read over", () => {
  expect(read(pickle("}}U", 9, "_metadata}sb."))).toEqual(new Map());
});

test.each([
  ["opcode 0x69 at byte 1", pickle("Ninst.")],
  ["takes an object from its stack, which is empty", pickle(".")],
  ["takes an object from its stack, which is empty", pickle("K", 1, "(.")],
  ["closes a group that was never opened", pickle("K", 1, "t.")],
  ["appends to something that is not a list", pickle("}K", 1, "a.")],
  ["sets an item of something that is not a dict", pickle("]K", 1, "K", 2, "s.")],
  ["sets a key without a value", pickle("}(K", 1, "u.")],
  ["recalls object 9", pickle("h", 9, ".")],
  ["not UTF-8", pickle("U", 1, 0xff, ".")],
  ["says protocol 9", pickle(0x80, 9, "N.")],
  ["truncated: 200 more bytes were expected at byte 2, 3 are there", pickle("U", 200, "abc")],
  ["truncated", pickle("N")],
  ["truncated", pickle("cos")],
])("refuses a malformed pickle: %s", (message, bytes) => {
  expect(() => read(bytes)).toThrow(message);
  expect(() => read(bytes)).toThrow(TunebertError);
});

describe("limits", () => {
  test("on the stack, objects and marks alike", () => {
    expect(() => read(pickle("N".repeat(70_000)))).toThrow("more than 65536 objects on its stack");
    expect(() => read(pickle("(".repeat(70_000)))).toThrow("more than 65536 objects on its stack");
  });

  test("on objects, in proportion to the bytes read", () => {
    for (const make of ["]", "}", "K\0\x85", "C\0", "\x8f"]) {
      const bytes = pickle("]", make.concat("a").repeat(200_000));
      expect(() => read(bytes), make).toThrow(/makes \d+ objects, more than a state dict of its length has/);
    }
  });

  test("on the numbers of remembered objects, which no hash table holds", () => {
    expect(() => read(pickle("Nr", 0xa6, 0x7f, 0, 0, "."))).toThrow("remembers object 32678 in so few bytes");
    expect(() => read(pickle("Nr", 0xff, 0xff, 0xff, 0xff, "."))).toThrow("remembers object 4294967295");
    expect(read(pickle("Nq", 1, "K", 7, "q", 4, "h", 4, 0x87, "."))).toEqual(new PickleTuple([null, 7, 7]));
    expect(() => read(pickle("K", 7, "q", 1, "h", 0, "."))).toThrow("recalls object 0, which it never");
  });

  test("on the length of integers", () => {
    expect(read(pickle(0x8b, 2, 0, 0, 0, 0, 0x80, "."))).toBe(-32768);
    expect(() => read(pickle(0x8b, 0, 1, 0, 0))).toThrow("has an integer of 256 bytes; at most 255");
  });

  test("on strings, before anything is allocated", () => {
    expect(() => read(pickle("X", 0xff, 0xff, 0xff, 0xff))).toThrow("a string of 4294967295 bytes");
    expect(() => read(pickle(0x8d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))).toThrow(
      "a size of 18446744073709551615",
    );
    expect(() => read(pickle("c", "x".repeat(600), "\ny\n."))).toThrow("a name of more than 512 bytes");
  });
});
