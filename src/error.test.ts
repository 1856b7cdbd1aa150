import { expect, test } from "vitest";
import { TunebertError } from "./error.js";

const flag = (option: string) => `--${option.toLowerCase()}`;

test("a text is the message as it is, and is about no option", () => {
  const error = new TunebertError("maxLength.csv is empty");
  expect(error).toMatchObject({ name: "TunebertError", message: "maxLength.csv is empty", options: [] });
  expect(error.option).toBeUndefined();
  expect(error.told(flag)).toEqual(["maxLength.csv is empty"]);
  expect("cause" in error).toBe(false);
});

test("options have their names of the API in the message, and others where it is told", () => {
  const cause = new Error("full");
  const error = new TunebertError(
    (batchSize, threads) => `seed.csv, {threads}: lower ${batchSize} or ${threads}; threads threads`,
    { option: ["batchSize", "threads"], cause },
  );
  expect(error.message).toBe("seed.csv, {threads}: lower batchSize or threads; threads threads");
  expect(error.told(flag)).toEqual(["seed.csv, {threads}: lower --batchsize or --threads; threads threads"]);
  expect(error).toMatchObject({ option: "batchSize", options: ["batchSize", "threads"], cause });
});

test("an error may be about an option that its text does not name", () => {
  const error = new TunebertError("the mirror is no address", { option: "mirror" });
  expect(error.message).toBe("the mirror is no address");
  expect(error.option).toBe("mirror");
});

test("what is wrapped keeps lines and options, and is the cause", () => {
  const inner = new TunebertError((limit) => ["two are wrong:", `  ${limit} is 0`], { option: "limit" });
  const error = inner.wrap("a.csv: ", "Try again").wrap("b: ");
  expect(error.message).toBe("b: a.csv: two are wrong:\n  limit is 0\nTry again");
  expect(error.told(flag)).toEqual(["b: a.csv: two are wrong:", "  --limit is 0", "Try again"]);
  expect(error.options).toEqual(["limit"]);
  expect((error.cause as TunebertError).cause).toBe(inner);
});
