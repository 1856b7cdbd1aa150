import type { Axis, GroupMark, Mark } from "vega";
import { type Domain, epochTicks, valueTicks } from "./chart-domains.js";
import type { ChartTheme } from "./chart-theme.js";

/** A measurement; within an epoch its `epoch` is a fraction, 2.5 being halfway through the third. */
export interface CurvePoint {
  epoch: number;
  value: number;
}

/** Colour tells curves apart, and so do dashes and the shape of the markers. */
interface Style {
  name: string;
  color: "first" | "second";
  dash: number[];
  shape: string;
  /** Area in square pixels. */
  markerSize: number;
}

export const TRAIN_STYLE: Style = {
  name: "train",
  color: "first",
  dash: [],
  shape: "circle",
  markerSize: 46,
};
export const TEST_STYLE: Style = {
  name: "test",
  color: "second",
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

/** Where a panel stands, in pixels, and where the keys of its curves do. */
export interface PanelLayout {
  left: number;
  width: number;
  keys: "beside" | "above";
}

export const PANEL_HEIGHT = 170;

const LABEL_HEIGHT = 18;
const KEY_GAP = 14;
const KEY_WIDTH = 26;
/** Of a key with its label, where several stand above a panel. */
const LABEL_WIDTH = 118;
const ROOM_OF_MARKER = 14;
/** Numbers from here on are written with an exponent. */
const LONG = 10_000;

/** One panel of the chart: axes, curves, and beside their ends or above them a label with the last value. */
export function panelMark(panel: Panel, top: number, layout: PanelLayout, theme: ChartTheme): GroupMark {
  const { left, width } = layout;
  const ended = panel.curves.filter(({ points }) => points.length > 0);
  const places = keyPlaces(
    ended.map(({ points }) => heightOf(points.at(-1)!.value, panel.values)),
    layout,
  );
  return {
    type: "group",
    encode: {
      enter: {
        x: { value: left },
        y: { value: top },
        width: { value: width },
        height: { value: PANEL_HEIGHT },
      },
    },
    // Gridlines take their lengths from these.
    signals: [
      { name: "width", value: width },
      { name: "height", value: PANEL_HEIGHT },
    ],
    data: ended.flatMap(({ name, points }) => [
      { name: lineData(name), values: points },
      { name: markerData(name), values: markedPoints(points, panel.epochs, width) },
    ]),
    scales: [
      { name: "epoch", type: "linear", domain: panel.epochs, range: [0, width], zero: false },
      { name: "value", type: "linear", domain: panel.values, range: [PANEL_HEIGHT, 0], zero: false },
    ],
    axes: panelAxes(panel, theme),
    marks: [
      headingMark(panel.heading, theme),
      ...ended.flatMap((curve, index) => [
        ...curveMarks(curve, theme),
        ...labelMarks(curve, places[index]!, theme),
      ]),
    ],
  };
}

/** What all texts of a chart have in common. */
export function textOf({ font, ink }: ChartTheme) {
  return { font: { value: font }, fill: { value: ink } };
}

/** At most seven characters. */
export function formatValue(value: number): string {
  if (Math.abs(value) < 100) return value.toFixed(3);
  return Math.abs(value) < LONG ? value.toPrecision(4) : value.toExponential(1);
}

function panelAxes({ epochs, values, epochTitle }: Panel, { font, muted, grid }: ChartTheme): Axis[] {
  const shared: Partial<Axis> = {
    domain: false,
    ticks: false,
    grid: true,
    gridColor: grid,
    labelFont: font,
    labelFontSize: 12,
    labelColor: muted,
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
      titleFont: font,
      titleFontSize: 12,
      titleFontWeight: "normal",
      titleColor: muted,
      titlePadding: 8,
    },
  ];
}

function headingMark(heading: string, theme: ChartTheme): Mark {
  return {
    type: "text",
    encode: {
      enter: {
        ...textOf(theme),
        text: { value: heading },
        x: { value: 0 },
        y: { value: -12 },
        fontSize: { value: 13 },
        fontWeight: { value: "bold" },
      },
    },
  };
}

function curveMarks(curve: Curve, theme: ChartTheme): Mark[] {
  const { name } = curve;
  const place = { x: { scale: "epoch", field: "epoch" }, y: { scale: "value", field: "value" } };
  return [
    {
      type: "line",
      from: { data: lineData(name) },
      encode: { enter: { ...place, ...strokeOf(curve, theme) } },
    },
    {
      type: "symbol",
      from: { data: markerData(name) },
      encode: { enter: { ...place, ...markerOf(curve, theme) } },
    },
  ];
}

/** The key of a curve, which is a piece of its line with a marker, then its name and last value. */
function labelMarks(curve: Curve, place: Place, theme: ChartTheme): Mark[] {
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

function strokeOf({ color, dash }: Style, theme: ChartTheme) {
  return { stroke: { value: theme[color] }, strokeWidth: { value: 2 }, strokeDash: { value: dash } };
}

function markerOf({ color, shape, markerSize }: Style, theme: ChartTheme) {
  return {
    shape: { value: shape },
    size: { value: markerSize },
    fill: { value: theme[color] },
    stroke: { value: theme.background },
    strokeWidth: { value: 1 },
  };
}

/** Every point where markers have room, otherwise the last one alone. */
function markedPoints(points: CurvePoint[], epochs: Domain, width: number): CurvePoint[] {
  const span = points.at(-1)!.epoch - points[0]!.epoch;
  const room = ((span / (epochs[1] - epochs[0])) * width) / Math.max(1, points.length - 1);
  return room >= ROOM_OF_MARKER ? points : points.slice(-1);
}

interface Place {
  x: number;
  y: number;
}

/** Of the keys of curves that end at these heights. */
function keyPlaces(heights: number[], { width, keys }: PanelLayout): Place[] {
  if (keys === "beside") return labelHeights(heights).map((y) => ({ x: width + KEY_GAP, y }));
  return heights.map((_, i) => ({ x: width + KEY_GAP - (heights.length - i) * LABEL_WIDTH, y: -16 }));
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
