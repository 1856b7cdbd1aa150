import * as json from "../../text/json-reader.js";

/** Reads a text of one JSON value a line. @throws TunebertError, with `path` and the line, when one is not as expected */
export function parseJsonLines<T>(text: string, path: string, read: json.JsonReader<T>): T[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, i) => json.parseJson(line, `${path}, line ${i + 1}`, read));
}
