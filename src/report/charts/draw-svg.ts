import type { Spec } from "vega";
import { TunebertError } from "../../error.js";
import { escapeHtml } from "../../text/html.js";

/**
 * Loads what draws, so that whoever needs it at the end of long work knows at its beginning that it is there.
 * @throws TunebertError when it cannot be loaded
 */
export async function loadCharts(): Promise<void> {
  try {
    await import("vega");
  } catch (cause) {
    // The loader that may open no more files says that there is none, too.
    throw new TunebertError(
      `cannot load vega, which draws the charts of the report: ${(cause as Error).message}. If it is installed, too ` +
        "many files are open at once; allow more, say with `ulimit -n 1024`",
      { cause },
    );
  }
}

/**
 * Draws a chart as an SVG document.
 * @param description what the chart shows, for readers who cannot see it
 */
export async function drawSvg(spec: Spec, description: string): Promise<string> {
  // Vega is large: only those who draw wait for it.
  const { parse, View } = await import("vega");
  const view = new View(parse(spec), { renderer: "none" });
  try {
    const svg = withoutRoles(await view.toSVG());
    return `${svg.replace("<svg ", `<svg role="img" aria-label="${escapeHtml(description)}" `)}\n`;
  } finally {
    view.finalize();
  }
}

/** Vega gives groups of marks roles, most without a name; but the chart is one image, which is described as a whole. */
function withoutRoles(svg: string): string {
  return svg.replace(/<\w+ [^>]*>/g, (tag) => tag.replace(/ (?:role|aria-\w+)="[^"]*"/g, ""));
}
