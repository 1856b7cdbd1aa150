import type { Mark, Spec } from "vega";
import { own } from "../../text/json-reader.js";
import { epochDomain, lossDomain, shareDomain } from "./chart-domains.js";
import { pageTheme, paperTheme, textOf } from "./chart-theme.js";
import { formatValue, keysHeight, PANEL_HEIGHT, type PanelLayout } from "./curve-keys.js";
import { type Panel, panelMark } from "./curve-panel.js";
import { type Curve, type CurvePoint, TEST_STYLE, TRAIN_STYLE, VALIDATION_STYLE } from "./curve-style.js";
import { drawSvg } from "./draw-svg.js";
import { figureTitle } from "./figure-names.js";

export type { CurvePoint } from "./curve-style.js";

/** The points of figures by their names, such as `loss` and `accuracy`; from left to right. */
export type Curves = Readonly<Record<string, readonly CurvePoint[]>>;

/** What was measured as training went on, on which examples. */
export interface LearningCurves {
  readonly train: Curves;
  readonly validation: Curves;
  readonly test: Curves;
}

/** What is drawn besides the loss. */
export interface DrawnFigure {
  /** A figure by its name. Default: accuracy. */
  readonly figure?: string;
  /** Above the panels. Default: nothing. */
  readonly title?: string | undefined;
  /** The epoch whose model is kept, where one was chosen: it is marked. */
  readonly kept?: number | undefined;
}

/**
 * Draws the loss and, below it, another figure over the epochs as a standalone SVG document, 736 pixels wide.
 * Points that are not finite are left out.
 * @example
 * const train = { loss: [{ epoch: 1, value: 0.9 }, { epoch: 2, value: 0.4 }] };
 * const svg = await drawLearningCurves({ train, validation: {}, test: {} });
 */
export async function drawLearningCurves(
  curves: LearningCurves,
  { figure = "accuracy", title, kept }: DrawnFigure = {},
): Promise<string> {
  const panels = learningPanels(curves, figure, kept);
  return drawSvg(chartSpec(panels, title), describe(Object.values(panels)));
}

/** Draws both apart, each 360 pixels wide, for a page that shows them side by side where it has room. */
export async function drawCurvePanels(
  curves: LearningCurves,
  { figure = "accuracy", kept }: DrawnFigure = {},
): Promise<{ readonly loss: string; readonly figure: string }> {
  const panels = learningPanels(curves, figure, kept);
  const keys = Math.max(...Object.values(panels).map((panel) => panel.curves.filter(hasPoints).length));
  const top = keysHeight(keys) + GAP_ABOVE_KEYS;
  const draw = (panel: Panel) =>
    drawSvg(panelSpec({ ...panel, epochTitle: "Epoch" }, top), describe([panel]));
  return { loss: await draw(panels.loss), figure: await draw(panels.figure) };
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
  readonly loss: Panel;
  readonly figure: Panel;
}

function learningPanels(
  { train, validation, test }: LearningCurves,
  figure: string,
  kept: number | undefined,
): Panels {
  const curvesOf = (name: string) => [
    { ...TRAIN_STYLE, points: finitePoints(own(train, name)) },
    { ...VALIDATION_STYLE, points: finitePoints(own(validation, name)) },
  ];
  const loss = curvesOf("loss");
  const figures = [...curvesOf(figure), { ...TEST_STYLE, points: finitePoints(own(test, figure)) }];
  const epochs = epochDomain([...loss, ...figures].flatMap(({ points }) => points.map(({ epoch }) => epoch)));
  return {
    loss: { heading: "Loss", curves: loss, epochs, kept, values: lossDomain(valuesOf(loss)) },
    figure: {
      heading: figureTitle(figure),
      curves: figures,
      epochs,
      kept,
      values: shareDomain(valuesOf(figures)),
      epochTitle: "Epoch",
    },
  };
}

function chartSpec({ loss, figure }: Panels, title: string | undefined): Spec {
  const lossTop = (title ? TITLE_HEIGHT : 0) + HEADING_HEIGHT;
  const figureTop = lossTop + PANEL_HEIGHT + HEADING_HEIGHT;
  return {
    background: paperTheme.background,
    autosize: "none",
    width: WIDTH,
    height: figureTop + PANEL_HEIGHT + EPOCH_AXIS_HEIGHT,
    marks: [
      ...(title ? [titleMark(title)] : []),
      panelMark(loss, lossTop, WIDE, paperTheme),
      panelMark(figure, figureTop, WIDE, paperTheme),
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

function finitePoints(points: readonly CurvePoint[] = []): CurvePoint[] {
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
  if (ends.length === 0) return "Learning curves without points";
  const kept = panels[0]?.kept;
  const marked = kept === undefined ? "" : `; the model of epoch ${kept} is kept`;
  return `Learning curves, ending at ${ends.join(", ")}${marked}`;
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
