import { TunebertError } from "../../error.js";
import { quote } from "../../weights/show.js";

/**
 * The folders and the file that an archive's entry names, if every system takes it for a path inside the folder
 * it is unpacked into.
 *
 * @param name with `/` between the parts, as the formats have it; `.` parts are dropped
 * @returns no parts for the folder itself
 * @throws TunebertError when the name is absolute, climbs out, or means something special on some system
 */
export function entryPath(name: string, maxLength: number): string[] {
  if (name === "") throw refused(name, "is empty");
  if (name.length > maxLength) throw refused(name, `is longer than ${maxLength} characters`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name)) throw refused(name, "holds control characters");
  if (name.includes("\\")) throw refused(name, "holds a backslash, which parts folders on Windows");
  if (name.startsWith("/")) throw refused(name, "is an absolute path");
  if (name.includes(":")) throw refused(name, "holds a colon, which names a drive or a stream on Windows");
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  for (const part of parts) {
    if (part === "..") throw refused(name, "leads out of the folder");
    if (/[. ]$/.test(part)) throw refused(name, "ends in a dot or a space, which Windows drops");
    if (DEVICE.test(part)) throw refused(name, "is the name of a device on Windows");
  }
  return parts;
}

/** Whether an entry is one of the files that macOS adds, which are of no use anywhere. */
export function isLeftByMacOs(name: string): boolean {
  return /(^|\/)(__MACOSX\/|\.DS_Store$|\._[^/]*$|Icon\r$)/.test(name);
}

const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

function refused(name: string, why: string): TunebertError {
  return new TunebertError(`the entry ${quote(name)} ${why}`);
}
