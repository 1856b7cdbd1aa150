import { TunebertError } from "./error.js";

/** What the value of an option may be: as it is given in the API, and as it is typed on a command line. */
export interface Kind<T> {
  /** What it may be, as the words "it must be" and "Expected" go on. */
  readonly expected: string;
  /** What stands for it in a list of options, such as `<n>`; nothing where its name alone says it. */
  readonly placeholder: string | undefined;
  /** All that it may be, where these are names. */
  readonly choices?: readonly string[];
  /** Whether it may be this value. */
  fits(value: unknown): value is T;
  /**
   * The value that is meant by a text, or anything that does not fit.
   * @param before what it was until now, where it may be given several times
   * @throws TunebertError that says more than what is expected
   */
  parse(text: string, before: T | undefined): unknown;
  /** As a fingerprint has it; default: the value itself. */
  setting?(value: T): Setting;
}

/** The value of a setting. */
export type Setting = string | number | boolean | null | readonly string[];

/** One option, said once: the API, the command line, the fingerprint and the page of options follow from it. */
export interface Option<T> {
  readonly kind: Kind<NonNullable<T>>;
  /** `undefined` where the option must be given, or has no value until it is. */
  readonly default: T | undefined;
  /** A line for who looks for it. */
  readonly help: string;
  /** What the default means, where its value does not say it or differs between machines. */
  readonly defaultText?: string | undefined;
  readonly isRequired: boolean;
  /** Options that a command does not take beside it. */
  readonly conflicts: readonly string[];
  /** Whether the steps taken depend on it, so that who resumes must give the same. */
  readonly inFingerprint: boolean;
}

/** Options by their names in the API. */
export type Options = Readonly<Record<string, Option<unknown>>>;

/** The values of options, all of them. */
export type OptionValues<O> = {
  readonly [Name in keyof O]: O[Name] extends Option<infer T> ? T : never;
};

/** The values of options as callers give them: what is left out, or `undefined`, is the default. */
export type GivenOptions<O> = {
  readonly [Name in keyof O]?: (O[Name] extends Option<infer T> ? T : never) | undefined;
};

type Said<T> = Pick<Option<T>, "help"> &
  Partial<Pick<Option<T>, "defaultText" | "conflicts" | "inFingerprint">>;

/** An option with a default, or one that has no value unless it is given. */
export function option<T>(kind: Kind<T>, said: Said<T> & { readonly default: NoInfer<T> }): Option<T>;
export function option<T>(kind: Kind<T>, said: Said<T>): Option<T | undefined>;
export function option<T>(kind: Kind<T>, said: Said<T> & { readonly default?: T }): Option<T> {
  const { default: usual, ...rest } = said;
  return {
    kind: kind as never,
    default: usual,
    isRequired: false,
    conflicts: [],
    inFingerprint: false,
    ...rest,
  };
}

/** An option that has to be given. */
export function required<T>(kind: Kind<T>, said: Said<T>): Option<T> {
  return { ...(option(kind, said) as Option<T>), isRequired: true };
}

/** The same option where it serves something else. */
export function reworded<T>(same: Option<T>, help: string): Option<T> {
  return { ...same, help };
}

/** The values of all options that nobody gave. */
export function defaultsOf<O extends Options>(options: O): OptionValues<O> {
  return mapOptions(options, (_, { default: usual }) => usual) as OptionValues<O>;
}

/**
 * Fills in the defaults.
 * @throws TunebertError that names an option that is not what it may be
 */
export function checkOptions<O extends Options>(options: O, given: GivenOptions<O>): OptionValues<O> {
  return mapOptions(options, (name, { kind, default: usual }) => {
    const value = given[name as keyof O];
    if (value === undefined) return usual;
    expectFits(name, kind, value);
    return value;
  }) as OptionValues<O>;
}

/** @throws TunebertError that names the option whose value is not what it may be */
export function expectFits<T>(name: string, kind: Kind<T>, value: unknown): asserts value is T {
  if (kind.fits(value)) return;
  throw new TunebertError((named) => `${named} is ${shown(value)}; it must be ${kind.expected}`, {
    option: name,
  });
}

/** A word as it is; what is hard to see, such as spaces, between quotes. */
function shown(value: unknown): string {
  if (typeof value === "string") return /^[\w-]+$/.test(value) ? value : JSON.stringify(value);
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/** Of these options' values, those on which the steps taken depend. */
export function settingsOf<O extends Options>(
  options: O,
  values: Readonly<Record<keyof O, unknown>>,
): Record<string, Setting> {
  const setting = ([name, { kind }]: [string, Option<unknown>]) => {
    const value = values[name];
    return [name, kind.setting && value !== undefined ? kind.setting(value as never) : (value ?? null)];
  };
  return Object.fromEntries(
    Object.entries(options)
      .filter(([, { inFingerprint }]) => inFingerprint)
      .map(setting),
  );
}

/** The option as it is typed: `--batch-size <n>`, or `--no-shuffle` for what is done unless it is told not to. */
export function flagOf(name: string, { kind, default: usual }: Option<unknown>): string {
  const words = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const value = kind.placeholder === undefined ? "" : ` <${kind.placeholder}>`;
  return `--${usual === true ? "no-" : ""}${words}${value}`;
}

function mapOptions(options: Options, read: (name: string, option: Option<unknown>) => unknown): unknown {
  return Object.fromEntries(Object.entries(options).map(([name, option]) => [name, read(name, option)]));
}
