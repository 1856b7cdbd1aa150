import { TunebertError } from "../error.js";
import { PickleDict, PickleTuple } from "./pickle-values.js";
import { quote } from "./show.js";
import { isTorchTensor, type TorchTensor, type UnreadTorchTensor } from "./torch-pickle.js";

/** The tensors of a dictionary, by name. */
export type NamedTensors = Map<string, TorchTensor | UnreadTorchTensor>;

/**
 * The one dictionary of tensors in what torch.save wrote: the object itself, or one within the dictionaries, lists and
 * tuples of a checkpoint. What is in it beside named tensors is left out, and so are an optimizer's moments.
 * @param key the path of the dictionary that is wanted, its keys joined by dots, such as `ema.state_dict`
 * @throws TunebertError when there is none, or without `key` several; it lists their keys
 */
export function findDictionary(object: unknown, key?: string): NamedTensors {
  if (key === undefined && isStateDictAlone(object)) return tensorsOf(object);
  const found = search(object);
  if (key !== undefined) {
    const named = found.find(({ path }) => path === key);
    if (named) return tensorsOf(named.dict);
    throw new TunebertError(
      (named) =>
        `the file holds no dictionary of tensors at the ${named} ${quote(key)}; found: ${listed(found)}`,
      { option: "key" },
    );
  }
  const wanted = found.filter(({ isOptimizers }) => !isOptimizers);
  for (const isOne of [isStateDict, hasParameters, () => true]) {
    const some = innermost(wanted.filter(isOne));
    const [only, ...others] = some;
    if (only && others.length === 0) return tensorsOf(only.dict);
    if (only) {
      throw new TunebertError(
        (named) =>
          `the file holds several dictionaries of tensors, and ${named} says which is wanted: ${listed(some)}`,
        { option: "key" },
      );
    }
  }
  throw new TunebertError(
    object instanceof PickleDict
      ? `the file holds no dictionary of tensors, but ${contents(object)}; ${ADVICE}`
      : `the file holds ${kindOf(object)} instead of a dictionary of tensors; ${ADVICE}`,
  );
}

/** A dictionary that holds tensors, among other things perhaps, and where it is. */
interface Dictionary {
  readonly path: string;
  readonly dict: PickleDict;
  /** The innermost one around it. */
  readonly parent: Dictionary | undefined;
  /** Whether it is a part of an optimizer's state, by parameter. */
  readonly isOptimizers: boolean;
  readonly tensorCount: number;
  /** Tensors with one dimension or more. */
  readonly parameterCount: number;
}

function isStateDictAlone(object: unknown): object is PickleDict {
  return object instanceof PickleDict && [...namedTensors(object)].length === object.size;
}

function* namedTensors(dict: PickleDict): Generator<readonly [string, TorchTensor | UnreadTorchTensor]> {
  for (const [key, value] of dict) {
    if (typeof key === "string" && isTorchTensor(value)) yield [key, value];
  }
}

function tensorsOf(dict: PickleDict): NamedTensors {
  return new Map(namedTensors(dict));
}

/** Mostly tensors, not all of them mere numbers such as a loss. */
function isStateDict(dictionary: Dictionary): boolean {
  return hasParameters(dictionary) && dictionary.tensorCount > dictionary.dict.size / 2;
}

function hasParameters({ parameterCount }: Dictionary): boolean {
  return parameterCount > 0;
}

/** Those that have none of the others within: a checkpoint may have a tensor or two beside its state dict. */
function innermost(dictionaries: readonly Dictionary[]): readonly Dictionary[] {
  const outer = new Set<Dictionary>();
  for (const { parent } of dictionaries) {
    for (let at = parent; at && !outer.has(at); at = at.parent) outer.add(at);
  }
  return dictionaries.filter((dictionary) => !outer.has(dictionary));
}

/** All dictionaries that hold tensors, outer before inner. Each is looked at once: a hostile pickle can name a large one very often. */
function search(object: unknown): Dictionary[] {
  const found: Dictionary[] = [];
  const seen = new Set<unknown>();
  const visit = (value: unknown, path: string, depth: number, parent?: Dictionary, optimizers = false) => {
    if (depth > MAX_DEPTH || !isContainer(value) || seen.has(value)) return;
    seen.add(value);
    const below = (key: string | number) => (path === "" ? String(key) : `${path}.${key}`);
    if (!(value instanceof PickleDict)) {
      const items = value instanceof PickleTuple ? value.items : value;
      for (const [i, item] of items.entries()) {
        if (isContainer(item)) visit(item, below(i), depth + 1, parent, optimizers);
      }
      return;
    }
    const isOptimizers = optimizers || isOptimizer(value);
    const dictionary = described(value, path, parent, isOptimizers);
    if (dictionary) found.push(dictionary);
    for (const [key, item] of value) {
      if (typeof key !== "string" && typeof key !== "number") continue;
      // Optimizers number the parameters whose moments they keep.
      const numbered = isOptimizers || typeof key === "number";
      if (isContainer(item)) visit(item, below(key), depth + 1, dictionary ?? parent, numbered);
    }
  };
  visit(object, "", 0);
  return found;
}

function described(
  dict: PickleDict,
  path: string,
  parent: Dictionary | undefined,
  isOptimizers: boolean,
): Dictionary | undefined {
  let tensorCount = 0;
  let parameterCount = 0;
  for (const [, { shape }] of namedTensors(dict)) {
    tensorCount++;
    if (shape.length > 0) parameterCount++;
  }
  return tensorCount > 0 ? { path, dict, parent, isOptimizers, tensorCount, parameterCount } : undefined;
}

function isContainer(value: unknown): value is PickleDict | PickleTuple | readonly unknown[] {
  return value instanceof PickleDict || value instanceof PickleTuple || Array.isArray(value);
}

/** What `Optimizer.state_dict()` returns. */
function isOptimizer(dict: PickleDict): boolean {
  const keys = new Set<unknown>();
  for (const [key] of dict) if (keys.size < MAX_LISTED) keys.add(key);
  return keys.has("state") && keys.has("param_groups");
}

function listed(dictionaries: readonly Dictionary[]): string {
  const named = dictionaries.filter(({ path }) => path !== "");
  if (named.length === 0) return "none within another object";
  const some = named
    .slice(0, MAX_LISTED)
    .map(({ path, tensorCount }) => `${quote(path)} (${tensorCount} tensors)`);
  return shortened(some, named.length);
}

function contents(dict: PickleDict): string {
  const some: string[] = [];
  for (const [key, value] of dict) {
    if (some.length === MAX_LISTED) break;
    some.push(`${nameOf(key)} (${kindOf(value)})`);
  }
  return shortened(some, dict.size) || "nothing at all";
}

function shortened(some: readonly string[], count: number): string {
  return [...some, ...(count > some.length ? [`${count - some.length} more`] : [])].join(", ");
}

function nameOf(key: unknown): string {
  return typeof key === "string" ? quote(key) : typeof key === "number" ? String(key) : kindOf(key);
}

function kindOf(value: unknown): string {
  if (isTorchTensor(value)) return "a tensor";
  if (value instanceof PickleDict) return "a dictionary";
  if (value instanceof PickleTuple) return "a tuple";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "text";
  if (typeof value === "number" || typeof value === "bigint") return "a number";
  return value === null ? "None" : "some other object";
}

/** Checkpoints nest four or five deep. */
const MAX_DEPTH = 16;
const MAX_LISTED = 5;
const ADVICE = "save the weights alone: torch.save(model.state_dict(), …)";
