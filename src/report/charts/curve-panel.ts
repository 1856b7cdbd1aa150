import type { Axis, GroupMark, Mark } from "vega";
import { type Domain, epochTicks, valueTicks } from "./chart-domains.js";
import { axisOf, type ChartTheme, textOf } from "./chart-theme.js";
import { keyMarks, keyPlaces, LONG, PANEL_HEIGHT, type PanelLayout } from "./curve-keys.js";
import { type Curve, type CurvePoint, markerOf, strokeOf } from "./curve-style.js";

export interface Panel {
  heading: string;
  curves: Curve[];
  epochs: Domain;
  values: Domain;
  /** The epoch that is marked. */
  kept?: number | undefined;
  /** Given to the panel that names the epochs below it. */
  epochTitle?: string;
}

const ROOM_OF_MARKER = 14;

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
      ...(panel.kept === undefined ? [] : keptMarks(panel.kept, panel.epochs, layout, theme)),
      ...ended.flatMap((curve, index) => [
        ...curveMarks(curve, theme),
        ...keyMarks(curve, places[index]!, theme),
      ]),
    ],
  };
}

function panelAxes({ epochs, values, epochTitle }: Panel, theme: ChartTheme): Axis[] {
  return [
    {
      ...axisOf(theme),
      scale: "value",
      orient: "left",
      values: valueTicks(values),
      ...(values[1] < LONG ? {} : { format: "~e" }),
    },
    {
      ...axisOf(theme),
      scale: "epoch",
      orient: "bottom",
      values: epochTicks(epochs),
      format: "d",
      labels: epochTitle !== undefined,
      ...(epochTitle === undefined ? {} : { title: epochTitle }),
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

/** A line at the epoch whose model is kept, and above it which that is. */
function keptMarks(kept: number, epochs: Domain, { width }: PanelLayout, theme: ChartTheme): Mark[] {
  const x = { value: (width * (kept - epochs[0])) / (epochs[1] - epochs[0]) };
  const isRight = x.value > width / 2;
  return [
    {
      type: "rule",
      encode: {
        enter: {
          ...{ x, y: { value: 0 }, y2: { value: PANEL_HEIGHT } },
          stroke: { value: theme.ink },
          strokeDash: { value: [1, 3] },
          strokeWidth: { value: 2 },
        },
      },
    },
    {
      type: "text",
      encode: {
        enter: {
          ...textOf(theme),
          text: { value: `kept: epoch ${kept}` },
          x: { value: x.value + (isRight ? -6 : 6) },
          y: { value: PANEL_HEIGHT - 8 },
          align: { value: isRight ? "right" : "left" },
          fontSize: { value: 12 },
        },
      },
    },
  ];
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

/** Every point where markers have room, otherwise the last one alone. */
function markedPoints(points: CurvePoint[], epochs: Domain, width: number): CurvePoint[] {
  const span = points.at(-1)!.epoch - points[0]!.epoch;
  const room = ((span / (epochs[1] - epochs[0])) * width) / Math.max(1, points.length - 1);
  return room >= ROOM_OF_MARKER ? points : points.slice(-1);
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
