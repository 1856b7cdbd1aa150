import type { FileMetaData } from "hyparquet";

/**
 * The names of the labels that a column holds as numbers, alone or in lists, as the library `datasets` notes them in a file of
 * Parquet; `undefined` where it notes none.
 */
export function classLabels(
  { key_value_metadata = [] }: Pick<FileMetaData, "key_value_metadata">,
  column: string,
): readonly string[] | undefined {
  const text = key_value_metadata.find(({ key }) => key === "huggingface")?.value;
  if (text === undefined) return undefined;
  try {
    const feature = member(member(member(JSON.parse(text), "info"), "features"), column);
    return (
      namesOf(feature) ??
      namesOf(member(feature, "feature")) ??
      namesOf(Array.isArray(feature) ? feature[0] : undefined)
    );
  } catch {
    return undefined; // notes of another kind
  }
}

function namesOf(feature: unknown): readonly string[] | undefined {
  const names = member(feature, "names");
  const isClassLabel = member(feature, "_type") === "ClassLabel" && Array.isArray(names);
  return isClassLabel && names.every((name) => typeof name === "string") ? names : undefined;
}

function member(value: unknown, name: string): unknown {
  const isObject = typeof value === "object" && value !== null && Object.hasOwn(value, name);
  return isObject ? (value as Record<string, unknown>)[name] : undefined;
}
