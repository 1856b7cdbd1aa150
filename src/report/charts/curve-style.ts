import type { ChartTheme } from "./chart-theme.js";

/** A measurement; within an epoch its `epoch` is a fraction, 2.5 being halfway through the third. */
export interface CurvePoint {
  epoch: number;
  value: number;
}

/** Colour tells curves apart, and so do dashes and the shape of the markers. */
interface CurveStyle {
  name: string;
  color: "first" | "second" | "third";
  dash: number[];
  shape: string;
  /** Area in square pixels. */
  markerSize: number;
}

export const TRAIN_STYLE: CurveStyle = {
  name: "train",
  color: "first",
  dash: [],
  shape: "circle",
  markerSize: 46,
};
export const TEST_STYLE: CurveStyle = {
  name: "test",
  color: "second",
  dash: [6, 4],
  shape: "diamond",
  markerSize: 76,
};

export const VALIDATION_STYLE: CurveStyle = {
  name: "validation",
  color: "third",
  dash: [2, 3],
  shape: "square",
  markerSize: 46,
};

export interface Curve extends CurveStyle {
  points: CurvePoint[];
}

/** Of a line. */
export function strokeOf({ color, dash }: CurveStyle, theme: ChartTheme) {
  return { stroke: { value: theme[color] }, strokeWidth: { value: 2 }, strokeDash: { value: dash } };
}

/** Of a symbol. */
export function markerOf({ color, shape, markerSize }: CurveStyle, theme: ChartTheme) {
  return {
    shape: { value: shape },
    size: { value: markerSize },
    fill: { value: theme[color] },
    stroke: { value: theme.background },
    strokeWidth: { value: 1 },
  };
}
