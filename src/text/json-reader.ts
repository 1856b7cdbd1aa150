import { TunebertError } from "../error.js";
import { shorten, showJson } from "./show-json.js";

/**
 * Takes a value from JSON that may come from anywhere. `place` is where it stands, such as `model.labels[2]`, and
 * empty for the whole.
 * @throws TunebertError that tells the place, what is there and what was expected
 */
export type JsonReader<T> = (value: unknown, place: string) => T;

/** Far deeper than any file of ours. What writes, copies or compares a value takes a stack frame for each level. */
const DEEPEST = 100;

/**
 * Parses and reads JSON.
 * @param name what errors call it, say its file
 * @throws TunebertError, with `name`, when it is not JSON, is nested more than 100 levels deep, or `read` refuses it
 */
export function parseJson<T>(text: string, name: string, read: JsonReader<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new TunebertError(`${name} is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (isDeeper(json, DEEPEST)) throw new TunebertError(`${name} is nested more than ${DEEPEST} levels deep`);
  return readJson(json, name, read);
}

/** Reads a value that was parsed elsewhere. @throws TunebertError, with `name`, when `read` refuses it */
export function readJson<T>(value: unknown, name: string, read: JsonReader<T>): T {
  try {
    return read(value, "");
  } catch (error) {
    if (!(error instanceof TunebertError)) throw error;
    throw error.wrap(`${name}: `);
  }
}

/** Any value. */
export const anything: JsonReader<unknown> = (value) => value;

export const string: JsonReader<string> = (value, place) => {
  if (typeof value !== "string") throw fault(value, place, "text");
  return value;
};

export const boolean: JsonReader<boolean> = (value, place) => {
  if (typeof value !== "boolean") throw fault(value, place, "true or false");
  return value;
};

/** A number that is finite: JSON can hold 1e999. */
export const number: JsonReader<number> = (value, place) => {
  if (typeof value !== "number" || !Number.isFinite(value)) throw fault(value, place, "a number");
  return value;
};

/** A whole number from 0 that a double holds exactly. */
export const count: JsonReader<number> = (value, place) => {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
    throw fault(value, place, "a whole number from 0");
  return value;
};

/** A number from 0 to 1. */
export const fraction: JsonReader<number> = (value, place) => {
  if (!(typeof value === "number" && value >= 0 && value <= 1))
    throw fault(value, place, "a number from 0 to 1");
  return value;
};

/** A number from 0 up to, but not including, 1. */
export const properFraction: JsonReader<number> = (value, place) => {
  if (!(typeof value === "number" && value >= 0 && value < 1))
    throw fault(value, place, "a number from 0 up to, but not including, 1");
  return value;
};

export function list<T>(item: JsonReader<T>): JsonReader<T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) throw fault(value, place, "a list");
    return value.map((element, i) => item(element, `${place}[${i}]`));
  };
}

/** An object with keys of any name, whose values are of one kind. */
export function record<T>(item: JsonReader<T>): JsonReader<Record<string, T>> {
  return (value, place) => {
    if (!isObject(value)) throw fault(value, place, "an object");
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, item(member, within(place, key))]),
    );
  };
}

/** An object with these members; others stay as they are. */
export function object<T extends object>(
  members: {
    readonly [K in keyof T]: JsonReader<T[K]>;
  },
): JsonReader<T> {
  const readers = Object.entries(members) as [string, JsonReader<unknown>][];
  return (value, place) => {
    if (!isObject(value)) throw fault(value, place, "an object");
    const read = readers.map(([key, member]) => [key, member(own(value, key), within(place, key))]);
    return { ...value, ...Object.fromEntries(read) };
  };
}

/** A member that may be left out. */
export function optional<T>(read: JsonReader<T>): JsonReader<T | undefined> {
  return (value, place) => (value === undefined ? undefined : read(value, place));
}

export function nullable<T>(read: JsonReader<T>): JsonReader<T | null> {
  return (value, place) => (value === null ? null : read(value, place));
}

/** The object's own member: not what every object inherits, such as `constructor`. */
export function own<T>(value: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

/** What to say of a value that is not what it should be. */
export function fault(value: unknown, place: string, expected: string): TunebertError {
  const found = value === undefined ? "missing" : typeof value === "number" ? String(value) : showJson(value);
  return new TunebertError(`${place || "it"} is ${found}; expected ${expected}`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function within(place: string, key: string): string {
  return place === "" ? shorten(key) : `${place}.${shorten(key)}`;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1));
}
