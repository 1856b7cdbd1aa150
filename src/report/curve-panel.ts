import type { Axis, GroupMark, Mark } from "vega";
import { type Domain, epochTicks, valueTicks } from "./chart-domains.js";

/** A measurement; within an epoch its `epoch` is a fraction, 2.5 being halfway through the third. */
export interface CurvePoint {
  epoch: number;
  value: number;
}

/** Colour tells curves apart, and so do dashes and the shape of the markers. */
interface Style {
  name: string;
  color: string;
  dash: number[];
  shape: string;
  /** Area in square pixels. */
  markerSize: number;
}

export const TRAIN_STYLE: Style = {
  name: "train",
  color: "#1d5fa8",
  dash: [],
  shape: "circle",
  markerSize: 46,
};
export const TEST_STYLE: Style = {
  name: "test",
  color: "#c2410c",
  dash: [6, 4],
  shape: "diamond",
  markerSize: 76,
};

export interface Curve extends Style {
  points: CurvePoint[];
}

export interface Panel {
  heading: string;
  curves: Curve[];
  epochs: Domain;
  values: Domain;
  /** Given to the panel that names the epochs below it. */
  epochTitle?: string;
}

export const PANEL_LEFT = 56;
export const PANEL_HEIGHT = 170;
const PANEL_WIDTH = 520;

const FONT = "Helvetica, Arial, sans-serif";
const INK = "#1f2933";
const MUTED = "#52606d";
const GRID = "#e4e7eb";

export const TEXT = { font: { value: FONT }, fill: { value: INK } };

const LABEL_HEIGHT = 18;
const KEY_LEFT = PANEL_WIDTH + 14;
const KEY_WIDTH = 26;
const ROOM_OF_MARKER = 14;
/** Numbers from here on are written with an exponent. */
const LONG = 10_000;

/** One panel of the chart: axes, curves, and beside their ends a label with the last value. */
export function panelMark(panel: Panel, top: number): GroupMark {
  const ended = panel.curves.filter(({ points }) => points.length > 0);
  const heights = labelHeights(ended.map(({ points }) => heightOf(points.at(-1)!.value, panel.values)));
  return {
    type: "group",
    encode: {
      enter: {
        x: { value: PANEL_LEFT },
        y: { value: top },
        width: { value: PANEL_WIDTH },
        height: { value: PANEL_HEIGHT },
      },
    },
    // Gridlines take their lengths from these.
    signals: [
      { name: "width", value: PANEL_WIDTH },
      { name: "height", value: PANEL_HEIGHT },
    ],
    data: ended.flatMap(({ name, points }) => [
      { name: lineData(name), values: points },
      { name: markerData(name), values: markedPoints(points, panel.epochs) },
    ]),
    scales: [
      { name: "epoch", type: "linear", domain: panel.epochs, range: [0, PANEL_WIDTH], zero: false },
      { name: "value", type: "linear", domain: panel.values, range: [PANEL_HEIGHT, 0], zero: false },
    ],
    axes: panelAxes(panel),
    marks: [
      headingMark(panel.heading),
      ...ended.flatMap((curve, index) => [...curveMarks(curve), ...labelMarks(curve, heights[index]!)]),
    ],
  };
}

/** At most seven characters. */
export function formatValue(value: number): string {
  if (Math.abs(value) < 100) return value.toFixed(3);
  return Math.abs(value) < LONG ? value.toPrecision(4) : value.toExponential(1);
}

function panelAxes({ epochs, values, epochTitle }: Panel): Axis[] {
  const shared: Partial<Axis> = {
    domain: false,
    ticks: false,
    grid: true,
    gridColor: GRID,
    labelFont: FONT,
    labelFontSize: 12,
    labelColor: MUTED,
    labelPadding: 8,
  };
  return [
    {
      ...shared,
      scale: "value",
      orient: "left",
      values: valueTicks(values),
      ...(values[1] < LONG ? {} : { format: "~e" }),
    },
    {
      ...shared,
      scale: "epoch",
      orient: "bottom",
      values: epochTicks(epochs),
      format: "d",
      labels: epochTitle !== undefined,
      ...(epochTitle === undefined ? {} : { title: epochTitle }),
      titleFont: FONT,
      titleFontSize: 12,
      titleFontWeight: "normal",
      titleColor: MUTED,
      titlePadding: 8,
    },
  ];
}

function headingMark(heading: string): Mark {
  return {
    type: "text",
    encode: {
      enter: {
        ...TEXT,
        text: { value: heading },
        x: { value: 0 },
        y: { value: -12 },
        fontSize: { value: 13 },
        fontWeight: { value: "bold" },
      },
    },
  };
}

function curveMarks({ name, color, dash, shape, markerSize }: Curve): Mark[] {
  const place = { x: { scale: "epoch", field: "epoch" }, y: { scale: "value", field: "value" } };
  return [
    {
      type: "line",
      from: { data: lineData(name) },
      encode: { enter: { ...place, ...strokeOf(color, dash) } },
    },
    {
      type: "symbol",
      from: { data: markerData(name) },
      encode: { enter: { ...place, ...markerOf(color, shape, markerSize) } },
    },
  ];
}

/** The key of a curve, which is a piece of its line with a marker, then its name and last value. */
function labelMarks({ name, color, dash, shape, markerSize, points }: Curve, height: number): Mark[] {
  const y = { value: height };
  return [
    {
      type: "rule",
      encode: {
        enter: {
          x: { value: KEY_LEFT },
          x2: { value: KEY_LEFT + KEY_WIDTH },
          y,
          ...strokeOf(color, dash),
        },
      },
    },
    {
      type: "symbol",
      encode: { enter: { x: { value: KEY_LEFT + KEY_WIDTH / 2 }, y, ...markerOf(color, shape, markerSize) } },
    },
    {
      type: "text",
      encode: {
        enter: {
          ...TEXT,
          text: { value: `${name} ${formatValue(points.at(-1)!.value)}` },
          x: { value: KEY_LEFT + KEY_WIDTH + 8 },
          y,
          baseline: { value: "middle" },
          fontSize: { value: 13 },
        },
      },
    },
  ];
}

function strokeOf(color: string, dash: number[]) {
  return { stroke: { value: color }, strokeWidth: { value: 2 }, strokeDash: { value: dash } };
}

function markerOf(color: string, shape: string, size: number) {
  return {
    shape: { value: shape },
    size: { value: size },
    fill: { value: color },
    stroke: { value: "white" },
    strokeWidth: { value: 1 },
  };
}

/** Every point where markers have room, otherwise the last one alone. */
function markedPoints(points: CurvePoint[], epochs: Domain): CurvePoint[] {
  const span = points.at(-1)!.epoch - points[0]!.epoch;
  const room = ((span / (epochs[1] - epochs[0])) * PANEL_WIDTH) / Math.max(1, points.length - 1);
  return room >= ROOM_OF_MARKER ? points : points.slice(-1);
}

/** Heights of at most two labels, moved apart where they would overlap and kept within the panel. */
function labelHeights(wanted: number[]): number[] {
  const [first, second] = wanted;
  if (first === undefined || second === undefined) return wanted;
  const overlap = Math.max(0, LABEL_HEIGHT - Math.abs(first - second));
  const side = first <= second ? -1 : 1;
  const moved = [first + (side * overlap) / 2, second - (side * overlap) / 2];
  const above = Math.min(0, ...moved);
  const below = Math.max(PANEL_HEIGHT, ...moved) - PANEL_HEIGHT;
  return moved.map((height) => height - above - below);
}

function heightOf(value: number, [low, high]: Domain): number {
  return PANEL_HEIGHT * (1 - (value - low) / (high - low));
}

function lineData(name: string): string {
  return `${name} line`;
}

function markerData(name: string): string {
  return `${name} markers`;
}
