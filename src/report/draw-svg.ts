import type { Spec } from "vega";
import { escapeHtml } from "./html.js";

/**
 * Draws a chart as an SVG document.
 * @param description what the chart shows, for readers who cannot see it
 */
export async function drawSvg(spec: Spec, description: string): Promise<string> {
  // Vega is large: only those who draw wait for it.
  const { parse, View } = await import("vega");
  const view = new View(parse(spec), { renderer: "none" });
  try {
    const svg = await view.toSVG();
    return `${svg.replace("<svg ", `<svg role="img" aria-label="${escapeHtml(description)}" `)}\n`;
  } finally {
    view.finalize();
  }
}
