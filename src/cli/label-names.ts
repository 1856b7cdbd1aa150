import { checkLabels } from "../bert/check-labels.js";
import { inFile, readText } from "../hub/files/files.js";

/** The flags of a command with the names in the file of `--label-names`. @throws TunebertError that names the file */
export async function withLabelNames<Flags extends { readonly labelNames: string | undefined }>(
  flags: Flags,
): Promise<Omit<Flags, "labelNames"> & { readonly labelNames: readonly string[] | undefined }> {
  const { labelNames: file } = flags;
  return { ...flags, labelNames: file === undefined ? undefined : await readNames(file) };
}

/** A name a line, blank lines left out. */
async function readNames(file: string): Promise<readonly string[]> {
  const lines = (await readText(file)).replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  const names = lines.map((line) => line.trim()).filter((line) => line !== "");
  return inFile(file, () => checkLabels(names, 1));
}
