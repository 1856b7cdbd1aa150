import type { Axis, Mark, Spec } from "vega";
import type { GuessedExample } from "../../metrics/guesses.js";
import { type Domain, valueTicks } from "./chart-domains.js";
import { axisOf, pageTheme as theme } from "./chart-theme.js";
import { drawSvg } from "./draw-svg.js";

/** Points that are drawn, evenly chosen: more are a blot, and weigh down the page. */
const MOST_POINTS = 1000;
const SIDE = 290;

/** Draws guesses over true numbers, 360 pixels wide, beside the line on which both are the same. */
export function drawGuessScatter(guesses: readonly GuessedExample[]): Promise<string> {
  const every = Math.max(1, Math.ceil(guesses.length / MOST_POINTS));
  const points = guesses
    .filter((_, i) => i % every === 0)
    .map(({ trueNumber, guessedNumber }) => ({ trueNumber, guessedNumber }));
  const domain = domainOf(points.flatMap(({ trueNumber, guessedNumber }) => [trueNumber, guessedNumber]));
  const spec: Spec = {
    background: theme.background,
    autosize: "none",
    padding: { left: 56, top: 8, right: 14, bottom: 46 },
    width: SIDE,
    height: SIDE,
    data: [{ name: "points", values: points }],
    scales: [
      { name: "number", type: "linear", domain, range: [0, SIDE], zero: false },
      { name: "guess", type: "linear", domain, range: [SIDE, 0], zero: false },
    ],
    axes: [axis("number", "bottom", domain), axis("guess", "left", domain)],
    marks: [diagonal(), dots()],
  };
  return drawSvg(spec, `Guesses over true numbers, ${points.length} of ${guesses.length} examples`);
}

function domainOf(values: readonly number[]): Domain {
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const margin = 0.04 * (high - low) || 1;
  return [low - margin, high + margin];
}

function axis(scale: "number" | "guess", orient: "bottom" | "left", domain: Domain): Axis {
  return {
    ...axisOf(theme),
    scale,
    orient,
    title: scale === "number" ? "True number" : "Guess",
    values: valueTicks(domain),
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

function dots(): Mark {
  return {
    type: "symbol",
    from: { data: "points" },
    encode: {
      enter: {
        x: { scale: "number", field: "trueNumber" },
        y: { scale: "guess", field: "guessedNumber" },
        size: { value: 22 },
        fill: { value: theme.first },
        fillOpacity: { value: 0.45 },
      },
    },
  };
}
