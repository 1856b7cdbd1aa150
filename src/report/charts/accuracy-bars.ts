import type { Mark, NumericValueRef, Spec } from "vega";
import type { AccuracyGroup } from "../../metrics/accuracy-groups.js";
import { wilsonInterval } from "../../metrics/wilson-interval.js";
import { formatPart } from "../terminal/format-quantity.js";
import { axisOf, textOf, pageTheme as theme } from "./chart-theme.js";
import { drawSvg } from "./draw-svg.js";

export interface AccuracyBars {
  /** What the groups differ in. */
  readonly heading: string;
  readonly groups: readonly AccuracyGroup[];
  /** Names a group. */
  readonly name: (group: AccuracyGroup) => string;
  /** The accuracy of all, which a line marks. */
  readonly overall: number;
}

/**
 * Draws the accuracy of groups as bars with their 95 % confidence intervals, 360 pixels wide. Each bar has its name
 * and its figures beside it.
 */
export function drawAccuracyBars({ heading, groups, name, overall }: AccuracyBars): Promise<string> {
  const rows = groups.map((group) => {
    const [low, high] = wilsonInterval(group.correct, group.examples);
    const accuracy = group.correct / group.examples;
    return { name: name(group), accuracy, low, high, figures: formatPart(group.correct, group.examples) };
  });
  const height = rows.length * ROW_HEIGHT;
  const spec: Spec = {
    background: theme.background,
    autosize: "none",
    padding: { left: LEFT, top: TOP, right: RIGHT, bottom: BOTTOM },
    width: WIDTH,
    height,
    data: [{ name: "rows", values: rows }],
    scales: [
      { name: "accuracy", type: "linear", domain: [0, 1], range: [0, WIDTH] },
      { name: "group", type: "band", domain: rows.map((row) => row.name), range: [0, height], padding: 0.35 },
    ],
    axes: [
      {
        ...axisOf(theme),
        scale: "accuracy",
        orient: "bottom",
        values: [0, 0.5, 1],
        format: ".1f",
      },
    ],
    marks: [
      bars(),
      overallLine(overall, height),
      intervals(),
      rowText("name", -8, "right"),
      rowText("figures", WIDTH + 10, "left"),
    ],
  };
  const all = rows.map((row) => `${row.name}: ${row.figures}`).join(", ");
  return drawSvg(spec, `Accuracy by ${heading}: ${all}`);
}

const WIDTH = 114;
const LEFT = 82;
const RIGHT = 164;
const TOP = 8;
const BOTTOM = 26;
const ROW_HEIGHT = 32;

function bars(): Mark {
  return {
    type: "rect",
    from: { data: "rows" },
    encode: {
      enter: {
        x: { value: 0 },
        x2: { scale: "accuracy", field: "accuracy" },
        y: { scale: "group", field: "name" },
        height: { scale: "group", band: 1 },
        fill: { value: theme.first },
        fillOpacity: { value: 0.45 },
      },
    },
  };
}

function overallLine(overall: number, height: number): Mark {
  return {
    type: "rule",
    encode: {
      enter: {
        x: { scale: "accuracy", value: overall },
        y: { value: 0 },
        y2: { value: height },
        stroke: { value: theme.second },
        strokeWidth: { value: 2 },
        strokeDash: { value: [6, 4] },
      },
    },
  };
}

function intervals(): Mark {
  return {
    type: "rule",
    from: { data: "rows" },
    encode: {
      enter: {
        x: { scale: "accuracy", field: "low" },
        x2: { scale: "accuracy", field: "high" },
        y: middleOfRow(),
        stroke: { value: theme.ink },
        strokeWidth: { value: 2 },
      },
    },
  };
}

function rowText(field: "name" | "figures", x: number, align: "left" | "right"): Mark {
  return {
    type: "text",
    from: { data: "rows" },
    encode: {
      enter: {
        ...textOf(theme),
        text: { field },
        x: { value: x },
        y: middleOfRow(),
        align: { value: align },
        baseline: { value: "middle" },
        fontSize: { value: 13 },
      },
    },
  };
}

function middleOfRow(): NumericValueRef {
  return { scale: "group", field: "name", band: 0.5 };
}
