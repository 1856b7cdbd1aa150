import { readFileSync } from "node:fs";
import { PAGE } from "./page.js";
import { STYLE } from "./style.js";

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly content: string;
}

/** What the page is made of, by its path. */
export function pageFiles(): Readonly<Record<string, PageFile>> {
  return {
    "/": { type: "text/html; charset=utf-8", content: PAGE },
    "/page.css": { type: "text/css; charset=utf-8", content: STYLE },
    "/page.js": {
      type: "text/javascript; charset=utf-8",
      content: readFileSync(new URL("./script.js", import.meta.url), "utf8"),
    },
  };
}
