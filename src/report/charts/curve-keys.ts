import type { Mark } from "vega";
import { type ChartTheme, textOf } from "./chart-theme.js";
import { type Curve, markerOf, strokeOf } from "./curve-style.js";

/** Where a panel stands, in pixels, and where the keys of its curves do. */
export interface PanelLayout {
  left: number;
  width: number;
  keys: "beside" | "above";
}

/** Of a panel, in pixels. */
export const PANEL_HEIGHT = 170;

const LABEL_HEIGHT = 18;
const KEY_GAP = 14;
const KEY_WIDTH = 26;
/** Of a key with its label, where they stand above a panel. */
const LABEL_WIDTH = 150;

/** Room that so many keys take above a panel. */
export function keysHeight(keys: number): number {
  return 12 + keys * LABEL_HEIGHT;
}

/** The key of a curve, which is a piece of its line with a marker, then its name and last value. */
export function keyMarks(curve: Curve, place: Place, theme: ChartTheme): Mark[] {
  const { name, points } = curve;
  const y = { value: place.y };
  return [
    {
      type: "rule",
      encode: {
        enter: {
          x: { value: place.x },
          x2: { value: place.x + KEY_WIDTH },
          y,
          ...strokeOf(curve, theme),
        },
      },
    },
    {
      type: "symbol",
      encode: { enter: { x: { value: place.x + KEY_WIDTH / 2 }, y, ...markerOf(curve, theme) } },
    },
    {
      type: "text",
      encode: {
        enter: {
          ...textOf(theme),
          text: { value: `${name} ${formatValue(points.at(-1)!.value)}` },
          x: { value: place.x + KEY_WIDTH + 8 },
          y,
          baseline: { value: "middle" },
          fontSize: { value: 13 },
        },
      },
    },
  ];
}

export interface Place {
  x: number;
  y: number;
}

/** Of the keys of curves that end at these heights. */
export function keyPlaces(heights: number[], { width, keys }: PanelLayout): Place[] {
  if (keys === "beside") return labelHeights(heights).map((y) => ({ x: width + KEY_GAP, y }));
  return heights.map((_, i) => ({
    x: width + KEY_GAP - LABEL_WIDTH,
    y: KEY_GAP - keysHeight(heights.length - i),
  }));
}

/** Heights of labels, moved apart where they would overlap and kept within the panel. */
function labelHeights(wanted: number[]): number[] {
  const fromTop = [...wanted.entries()].sort(([, a], [, b]) => a - b);
  const heights = [...wanted];
  let least = 0;
  fromTop.forEach(([label, height], place) => {
    const below = fromTop.length - 1 - place;
    const kept = Math.min(Math.max(height, least), PANEL_HEIGHT - below * LABEL_HEIGHT);
    heights[label] = kept;
    least = kept + LABEL_HEIGHT;
  });
  return heights;
}

/** Numbers from here on are written with an exponent. */
export const LONG = 10_000;

/** At most seven characters. */
export function formatValue(value: number): string {
  if (Math.abs(value) < 100) return value.toFixed(3);
  return Math.abs(value) < LONG ? value.toPrecision(4) : value.toExponential(1);
}
