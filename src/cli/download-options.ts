import type { FetchEvent, FetchOptions } from "../hub/fetch/fetch-artifact.js";
import { type GivenOptions, option } from "../option.js";
import { text, yesNo } from "../option-kinds.js";
import { DownloadProgress } from "../report/terminal/download-progress.js";

/** What commands share that take names of the catalog and addresses. */
export const downloadOptions = {
  mirror: option(text("url"), {
    defaultText: "TUNEBERT_MIRROR",
    help: "where to download the catalog's archives from",
  }),
  offline: option(yesNo, { default: false, help: "download nothing, use the cache alone" }),
};

/** What was given of them. */
export type DownloadFlags = GivenOptions<typeof downloadOptions>;

/** Fetches with progress on standard error. */
export function fetchOptions({ mirror, offline }: DownloadFlags): FetchOptions {
  const progress = new DownloadProgress(process.stderr);
  return {
    ...(mirror && { mirror }),
    ...(offline && { offline }),
    onEvent: (event) => show(event, progress),
  };
}

function show(event: FetchEvent, progress: DownloadProgress): void {
  const { name } = event;
  if (event.event === "bytes") progress.update(name, event.received, event.total);
  else if (event.event === "end") progress.finish();
  else progress.note(`${name}: ${sentence(event)}`);
}

function sentence(event: Exclude<FetchEvent, { readonly event: "bytes" | "end" }>): string {
  switch (event.event) {
    case "retry":
      return `${event.reason}; trying again in ${event.seconds.toFixed(1)} s`;
    case "wait":
      return "another process is fetching it; waiting";
    case "takeover":
      return "another process has taken over while this one slept; waiting for it";
    case "untrusted":
      return (
        `other users may change ${event.path}: what is there is checked by its SHA-1, or fetched again where none is ` +
        "known (take their permission away with chmod -R go-w, or set TUNEBERT_CACHE to a folder of your own)"
      );
    case "damaged":
      return `the file in the cache has the SHA-1 ${event.found}, expected ${event.expected}; fetching it again`;
    case "unpack":
      return "unpacking";
  }
}
