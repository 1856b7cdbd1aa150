import type { Mark, Spec } from "vega";
import { accuracyDomain, epochDomain, lossDomain } from "./chart-domains.js";
import { pageTheme, paperTheme, textOf } from "./chart-theme.js";
import { formatValue, keysHeight, PANEL_HEIGHT, type PanelLayout } from "./curve-keys.js";
import { type Panel, panelMark } from "./curve-panel.js";
import { type Curve, type CurvePoint, TEST_STYLE, TRAIN_STYLE, VALIDATION_STYLE } from "./curve-style.js";
import { drawSvg } from "./draw-svg.js";

export type { CurvePoint } from "./curve-style.js";

/** What is drawn; each curve from left to right. */
export interface LearningCurves {
  /** Mean loss per example. */
  trainLoss: readonly CurvePoint[];
  /** Values between 0 and 1. */
  trainAccuracy: readonly CurvePoint[];
  /** Values between 0 and 1. */
  testAccuracy: readonly CurvePoint[];
  /** Default: there are no validation pairs. */
  validationLoss?: readonly CurvePoint[];
  /** Values between 0 and 1. */
  validationAccuracy?: readonly CurvePoint[];
  title?: string | undefined;
}

/**
 * Draws the loss and, below it, the accuracies over the epochs as a standalone SVG document, 736 pixels wide.
 * Points that are not finite are left out.
 */
export async function drawLearningCurves(curves: LearningCurves): Promise<string> {
  const panels = learningPanels(curves);
  return drawSvg(chartSpec(panels, curves.title), describe(Object.values(panels)));
}

/** Draws loss and accuracy apart, each 360 pixels wide, for a page that shows them side by side where it has room. */
export async function drawCurvePanels(curves: LearningCurves): Promise<{ loss: string; accuracy: string }> {
  const { loss, accuracy } = learningPanels(curves);
  const keys = Math.max(...[loss, accuracy].map((panel) => panel.curves.filter(hasPoints).length));
  const top = keysHeight(keys) + GAP_ABOVE_KEYS;
  const draw = (panel: Panel) =>
    drawSvg(panelSpec({ ...panel, epochTitle: "Epoch" }, top), describe([panel]));
  return { loss: await draw(loss), accuracy: await draw(accuracy) };
}

const WIDTH = 736;
const WIDE: PanelLayout = { left: 56, width: 520, keys: "beside" };
const NARROW: PanelLayout = { left: 48, width: 298, keys: "above" };
const NARROW_WIDTH = 360;
const GAP_ABOVE_KEYS = 6;
const TITLE_HEIGHT = 34;
const HEADING_HEIGHT = 42;
const EPOCH_AXIS_HEIGHT = 54;
/** Characters of a title that fit the width in any usual font; nothing here can measure text. */
const LONGEST_TITLE = 64;

interface Panels {
  loss: Panel;
  accuracy: Panel;
}

function learningPanels(curves: LearningCurves): Panels {
  const { trainLoss, trainAccuracy, testAccuracy, validationLoss = [], validationAccuracy = [] } = curves;
  const loss = [
    { ...TRAIN_STYLE, points: finitePoints(trainLoss) },
    { ...VALIDATION_STYLE, points: finitePoints(validationLoss) },
  ];
  const accuracy = [
    { ...TRAIN_STYLE, points: finitePoints(trainAccuracy) },
    { ...VALIDATION_STYLE, points: finitePoints(validationAccuracy) },
    { ...TEST_STYLE, points: finitePoints(testAccuracy) },
  ];
  const epochs = epochDomain(
    [...loss, ...accuracy].flatMap(({ points }) => points.map(({ epoch }) => epoch)),
  );
  return {
    loss: { heading: "Loss", curves: loss, epochs, values: lossDomain(valuesOf(loss)) },
    accuracy: {
      heading: "Accuracy",
      curves: accuracy,
      epochs,
      values: accuracyDomain(valuesOf(accuracy)),
      epochTitle: "Epoch",
    },
  };
}

function chartSpec({ loss, accuracy }: Panels, title: string | undefined): Spec {
  const lossTop = (title ? TITLE_HEIGHT : 0) + HEADING_HEIGHT;
  const accuracyTop = lossTop + PANEL_HEIGHT + HEADING_HEIGHT;
  return {
    background: paperTheme.background,
    autosize: "none",
    width: WIDTH,
    height: accuracyTop + PANEL_HEIGHT + EPOCH_AXIS_HEIGHT,
    marks: [
      ...(title ? [titleMark(title)] : []),
      panelMark(loss, lossTop, WIDE, paperTheme),
      panelMark(accuracy, accuracyTop, WIDE, paperTheme),
    ],
  };
}

function panelSpec(panel: Panel, top: number): Spec {
  return {
    background: pageTheme.background,
    autosize: "none",
    width: NARROW_WIDTH,
    height: top + PANEL_HEIGHT + EPOCH_AXIS_HEIGHT,
    marks: [panelMark(panel, top, NARROW, pageTheme)],
  };
}

function hasPoints({ points }: Curve): boolean {
  return points.length > 0;
}

function finitePoints(points: readonly CurvePoint[]): CurvePoint[] {
  return points.filter(({ epoch, value }) => Number.isFinite(epoch) && Number.isFinite(value));
}

function valuesOf(curves: Curve[]): number[] {
  return curves.flatMap(({ points }) => points.map(({ value }) => value));
}

/** For readers who cannot see the chart. */
function describe(panels: readonly Panel[]): string {
  const ends = panels.flatMap(({ heading, curves }) =>
    curves
      .filter(hasPoints)
      .map(({ name, points }) => `${name} ${heading.toLowerCase()} ${formatValue(points.at(-1)!.value)}`),
  );
  return ends.length > 0 ? `Learning curves, ending at ${ends.join(", ")}` : "Learning curves without points";
}

function titleMark(title: string): Mark {
  const text = title.length > LONGEST_TITLE ? `${title.slice(0, LONGEST_TITLE - 1)}…` : title;
  return {
    type: "text",
    encode: {
      enter: {
        ...textOf(paperTheme),
        text: { value: text },
        x: { value: WIDE.left },
        y: { value: 30 },
        fontSize: { value: 15 },
        fontWeight: { value: "bold" },
      },
    },
  };
}
