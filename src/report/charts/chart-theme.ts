import type { Axis } from "vega";

/** The colours and the font of a chart, as CSS writes them. */
export interface ChartTheme {
  readonly background: string;
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  /** Of what the chart shows first, and of what it compares that with. */
  readonly first: string;
  readonly second: string;
  readonly third: string;
  readonly font: string;
}

/** A picture by itself. */
export const paperTheme: ChartTheme = {
  background: "white",
  ink: "#1f2933",
  muted: "#52606d",
  grid: "#e4e7eb",
  first: "#1d5fa8",
  second: "#c2410c",
  third: "#3b7a24",
  font: "Helvetica, Arial, sans-serif",
};

/** A picture within a page, whose style sheet gives the custom properties their values, light or dark. */
export const pageTheme: ChartTheme = {
  background: "var(--surface)",
  ink: "var(--ink)",
  muted: "var(--muted)",
  grid: "var(--grid)",
  first: "var(--first)",
  second: "var(--second)",
  third: "var(--third)",
  font: "var(--font)",
};

/** What all texts of a chart have in common. */
export function textOf({ font, ink }: ChartTheme) {
  return { font: { value: font }, fill: { value: ink } };
}

/** What all axes have in common: gridlines, numbers, and a title where there is one. */
export function axisOf({ font, muted, grid }: ChartTheme): Partial<Axis> {
  return {
    domain: false,
    ticks: false,
    grid: true,
    gridColor: grid,
    labelFont: font,
    labelFontSize: 12,
    labelColor: muted,
    labelPadding: 8,
    titleFont: font,
    titleFontSize: 12,
    titleFontWeight: "normal",
    titleColor: muted,
    titlePadding: 8,
  };
}
