/** What Hugging Face's datasets writes into the metadata of a file under the key `huggingface`, as far as it is read. */
interface Feature {
  readonly _type?: unknown;
  readonly names?: unknown;
  readonly feature?: unknown;
}

/**
 * The names of a column's classes, which stand in the file as numbers, where Hugging Face's datasets wrote it with a
 * `ClassLabel`, or a list of them; else `undefined`.
 */
export function classNames(metadata: string | undefined, column: string): readonly string[] | undefined {
  if (metadata === undefined) return undefined;
  return namesOf(featuresOf(metadata)?.get(column));
}

function featuresOf(metadata: string): ReadonlyMap<string, unknown> | undefined {
  try {
    return new Map(Object.entries(JSON.parse(metadata).info.features));
  } catch {
    return undefined;
  }
}

function namesOf(feature: unknown): readonly string[] | undefined {
  const { _type, names, feature: item } = (feature ?? {}) as Feature;
  if (_type !== "ClassLabel") return item === undefined ? undefined : namesOf(item);
  const areNames = Array.isArray(names) && names.every((name) => typeof name === "string");
  return areNames ? names : undefined;
}
