import type { Axis, Mark, Spec } from "vega";
import type { Calibration } from "../../metrics/calibration.js";
import { wilsonInterval } from "../../metrics/wilson-interval.js";
import { axisOf, textOf, pageTheme as theme } from "./chart-theme.js";
import { drawSvg } from "./draw-svg.js";

/**
 * Draws accuracy over confidence, 360 pixels wide: a point for each bin, the larger the more examples it has, with
 * its 95 % confidence interval, beside the line on which accuracy equals confidence. One with few is hollow, and no line
 * leads through it.
 */
export function drawReliabilityDiagram({ bins, expectedCalibrationError }: Calibration): Promise<string> {
  const most = Math.max(...bins.map(({ examples }) => examples));
  const points = bins.map(({ examples, correct, confidence }) => {
    const [low, high] = wilsonInterval(correct, examples);
    const isFew = examples < FEW_EXAMPLES;
    return {
      ...{ confidence, accuracy: correct / examples, low, high },
      size: 40 + (260 * examples) / most,
      fill: isFew ? theme.background : theme.first,
      stroke: isFew ? theme.first : theme.background,
      opacity: isFew ? 0.4 : 1,
    };
  });
  const spec: Spec = {
    background: theme.background,
    autosize: "none",
    padding: { left: 56, top: 8, right: 14, bottom: 46 },
    width: SIDE,
    height: SIDE,
    data: [
      { name: "points", values: points },
      { name: "many", values: points.filter(({ opacity }) => opacity === 1) },
    ],
    scales: [
      { name: "confidence", type: "linear", domain: [0, 1], range: [0, SIDE] },
      { name: "accuracy", type: "linear", domain: [0, 1], range: [SIDE, 0] },
    ],
    axes: [axis("confidence", "bottom"), axis("accuracy", "left")],
    marks: [
      diagonal(),
      remark("more often right than it says", 10, 14, "left"),
      remark("less often right than it says", SIDE - 10, SIDE - 14, "right"),
      intervals(),
      ...curve(),
    ],
  };
  const all = points.map(({ confidence, accuracy }) => `${accuracy.toFixed(2)} at ${confidence.toFixed(2)}`);
  return drawSvg(
    spec,
    `Accuracy at confidence: ${all.join(", ")}; expected calibration error ${expectedCalibrationError.toFixed(3)}`,
  );
}

/** Of fewer examples the accuracy tells next to nothing: their interval spans half of all there is. */
export const FEW_EXAMPLES = 10;

const SIDE = 290;

function axis(scale: "confidence" | "accuracy", orient: "bottom" | "left"): Axis {
  return {
    ...axisOf(theme),
    scale,
    orient,
    title: scale === "confidence" ? "Confidence" : "Accuracy",
    values: [0, 0.2, 0.4, 0.6, 0.8, 1],
    format: ".1f",
  };
}

function diagonal(): Mark {
  return {
    type: "rule",
    encode: {
      enter: {
        x: { value: 0 },
        y: { value: SIDE },
        x2: { value: SIDE },
        y2: { value: 0 },
        stroke: { value: theme.second },
        strokeWidth: { value: 2 },
        strokeDash: { value: [6, 4] },
      },
    },
  };
}

function remark(text: string, x: number, y: number, align: "left" | "right"): Mark {
  return {
    type: "text",
    encode: {
      enter: {
        ...textOf(theme),
        fill: { value: theme.muted },
        text: { value: text },
        x: { value: x },
        y: { value: y },
        align: { value: align },
        fontSize: { value: 12 },
      },
    },
  };
}

function intervals(): Mark {
  return {
    type: "rule",
    from: { data: "points" },
    encode: {
      enter: {
        x: { scale: "confidence", field: "confidence" },
        y: { scale: "accuracy", field: "low" },
        y2: { scale: "accuracy", field: "high" },
        stroke: { value: theme.ink },
        strokeWidth: { value: 1.5 },
        strokeOpacity: { field: "opacity" },
      },
    },
  };
}

function curve(): Mark[] {
  const place = {
    x: { scale: "confidence", field: "confidence" },
    y: { scale: "accuracy", field: "accuracy" },
  };
  return [
    {
      type: "line",
      from: { data: "many" },
      encode: { enter: { ...place, stroke: { value: theme.first }, strokeWidth: { value: 2 } } },
    },
    {
      type: "symbol",
      from: { data: "points" },
      encode: {
        enter: {
          ...place,
          size: { field: "size" },
          fill: { field: "fill" },
          stroke: { field: "stroke" },
          strokeWidth: { value: 1.5 },
        },
      },
    },
  ];
}
