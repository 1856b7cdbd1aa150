import { describe, expect, test } from "vitest";
import { TunebertError } from "../error.js";
import {
  anything,
  count,
  fraction,
  list,
  nullable,
  number,
  object,
  optional,
  own,
  parseJson,
  readJson,
  record,
  string,
} from "./json-reader.js";

const readPoint = object({ at: number, name: optional(string), next: nullable(list(count)) });

test("an object is read member by member, and what is not named stays", () => {
  expect(parseJson('{"at":1.5,"next":[1,2],"note":{"a":[]}}', "f", readPoint)).toEqual({
    ...{ at: 1.5, name: undefined, next: [1, 2], note: { a: [] } },
  });
  expect(parseJson('{"at":0,"name":"n","next":null}', "f", readPoint)).toEqual({
    ...{ at: 0, name: "n", next: null },
  });
});

test.each([
  ["{", /^f is not JSON: /],
  ["[]", "f: it is a list; expected an object"],
  ["null", "f: it is null; expected an object"],
  ["{}", "f: at is missing; expected a number"],
  ['{"at":"1"}', 'f: at is "1"; expected a number'],
  ['{"at":1e999}', "f: at is Infinity; expected a number"],
  ['{"at":{"toString":1}}', "f: at is an object; expected a number"],
  ['{"at":1,"name":null}', "f: name is null; expected text"],
  ['{"at":1,"next":{}}', "f: next is an object; expected a list"],
  ['{"at":1,"next":[0,-1]}', "f: next[1] is -1; expected a whole number from 0"],
  ['{"at":1,"next":[9007199254740993]}', /next\[0\] is 9007199254740992; expected a whole number/],
  ['{"__proto__":{"at":1,"next":null}}', "f: at is missing; expected a number"],
])("%s is refused", (text, message) => {
  expect(() => parseJson(text, "f", readPoint)).toThrow(TunebertError);
  expect(() => parseJson(text, "f", readPoint)).toThrow(message);
});

test.each([-0.1, 1.1, Number.NaN, "0", null])("%s is no fraction", (value) => {
  expect(() => readJson(value, "f", fraction)).toThrow("expected a number from 0 to 1");
});

describe("a record", () => {
  test("may have keys that every object inherits", () => {
    const read = parseJson('{"__proto__":1,"constructor":2}', "f", record(number));
    expect(Object.entries(read)).toEqual([
      ["__proto__", 1],
      ["constructor", 2],
    ]);
    expect(own(read, "__proto__")).toBe(1);
    expect(own(read, "toString")).toBeUndefined();
  });

  test("is refused with the key, shortened, of what is not as it should be", () => {
    const text = JSON.stringify({ a: { ["k".repeat(99)]: "v" } });
    expect(() => parseJson(text, "f", record(record(number)))).toThrow(
      `f: a.${"k".repeat(60)}… is "v"; expected a number`,
    );
  });
});

test("JSON may be nested 100 levels deep, and no deeper", () => {
  const nested = (levels: number) => `${'[{"a":'.repeat(levels / 2)}1${"}]".repeat(levels / 2)}`;
  expect(parseJson(nested(100), "f", anything)).toEqual(JSON.parse(nested(100)));
  expect(() => parseJson(nested(102), "f", anything)).toThrow("f is nested more than 100 levels deep");
  expect(() => parseJson(nested(200_000), "f", anything)).toThrow(TunebertError);
});
