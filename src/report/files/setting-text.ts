/** Settings by the names that people read; what was not set is left out. */
export function settingRows(settings: Readonly<Record<string, unknown>>): [name: string, value: string][] {
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [settingName(name), settingText(value)]);
}

/** `batchSize` as people write it: `batch size`. */
export function settingName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** A setting's value for people. */
export function settingText(value: unknown): string {
  if (value === null) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
