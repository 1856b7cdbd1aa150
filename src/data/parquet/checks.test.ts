import { deserializeTCompactProtocol } from "hyparquet/src/thrift.js";
import { expect, test } from "vitest";
import { checkRuns } from "./check-runs.js";
import { checkThrift } from "./check-thrift.js";

const bytes = (...values: number[]) => Uint8Array.from(values);

test("a header of Thrift ends where hyparquet ends", () => {
  // An integer, a list of two structs, a text, a boolean, a double, a list of booleans.
  const header = bytes(
    ...[0x15, 0x80, 0x01, 0x19, 0x2c, 0x15, 0x02, 0x00, 0x00, 0x18, 0x02, 0x61, 0x62, 0x11],
    ...[0x17, 0, 0, 0, 0, 0, 0, 0, 0, 0x19, 0x21, 0x01, 0x02, 0x00, 0xff],
  );
  const reader = { view: new DataView(header.buffer), offset: 0 };
  deserializeTCompactProtocol(reader);
  expect(reader.offset).toBe(header.length - 1);
  expect(checkThrift(header, 0)).toBe(reader.offset);
});

test.each([
  ["no end", bytes(0x15, 0x02), "a header that is not whole"],
  ["a text longer than the rest", bytes(0x18, 0x7f, 0x61, 0x00), "a header that is not whole"],
  [
    "a list of more than there is",
    bytes(0x19, 0xfc, 0xff, 0xff, 0x7f, 0x00),
    "a list of 2097151 items in a header",
  ],
  [
    "a number without an end",
    new Uint8Array(100_000).fill(0x86),
    "a number of more than 64 bits in a header",
  ],
  ["lists in lists", new Uint8Array(100_000).fill(0x19), "a header nested 32 deep"],
  ["structs in structs", new Uint8Array(100_000).fill(0x1c), "a header nested 32 deep"],
  ["a type that Parquet has not", bytes(0x1b, 0x00, 0x00), "a header that is not whole"],
])("a header with %s is refused", (_, header, message) => {
  expect(() => checkThrift(header, 0)).toThrow(message);
});

test("runs as long as the page are taken, longer ones are refused", () => {
  const tenRepeated = bytes(20, 1);
  const eightPacked = bytes(3, 0xff);
  expect(() => checkRuns(tenRepeated, 0, 1, 10)).not.toThrow();
  expect(() => checkRuns(tenRepeated, 0, 1, 9)).toThrow("a run of 10 values in a page of 9");
  expect(() => checkRuns(eightPacked, 0, 1, 3)).not.toThrow();
  expect(() => checkRuns(bytes(0xff, 0xff, 0xff, 0xff, 0x0f), 0, 0, 10)).toThrow(
    "a run of 17179869176 values",
  );
  expect(() => checkRuns(new Uint8Array(10).fill(0xff), 0, 1, 10)).toThrow("more than 32 bits");
  expect(() => checkRuns(tenRepeated, 0, 33, 10)).toThrow("values of 33 bits");
  expect(() => checkRuns(bytes(...eightPacked, ...tenRepeated), 0, 1, 12)).toThrow(
    "a run of 10 values in a page of 12",
  );
});
