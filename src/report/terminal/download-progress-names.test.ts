import { expect, test } from "vitest";
import { DownloadProgress } from "./download-progress.js";

test.each([true, false])("names and notes are shown, not obeyed; in a terminal: %s", (isTTY) => {
  const written: string[] = [];
  const stream = { isTTY, columns: 80, write: (text: string) => written.push(text) };
  const progress = new DownloadProgress(stream as unknown as NodeJS.WriteStream, () => 0);
  progress.update("a\u001b[2J\nb", 1, 2);
  progress.note("c\u0085\rd");
  const text = written.join("");
  expect(text).toContain("a\\u001b[2J\\u000ab   50%");
  expect(text).toContain("c\\u0085\\u000dd\n");
  for (const obeyed of ["\u001b[2J", "\u0085", "\rd"]) expect(text).not.toContain(obeyed);
});
