import { existsSync } from "node:fs";
import { isAbsolute, sep } from "node:path";
import { glob } from "tinyglobby";
import { TunebertError } from "../../error.js";

/**
 * The files that a pattern such as `data/*.csv` stands for, in the order of their names; what is no pattern, or is there, stands
 * for itself.
 * @throws TunebertError when there is no such file
 */
export async function filesOfPattern(pattern: string): Promise<readonly string[]> {
  if (!/[*?[\]{}]/.test(pattern) || /^[a-z]+:\/\//i.test(pattern) || existsSync(pattern)) return [pattern];
  const options = { absolute: isAbsolute(pattern), expandDirectories: false, onlyFiles: true };
  const found = await glob(sep === "\\" ? pattern.replaceAll(sep, "/") : pattern, options);
  if (found.length === 0) throw new TunebertError(`${pattern}: there is no file of this pattern`);
  return found.sort();
}
