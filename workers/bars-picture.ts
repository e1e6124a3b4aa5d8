import { BarChart } from "echarts/charts";
import { GridComponent, LegendComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { FAINT, PAPER, RULE, SEAL, SLATE } from "./report-colours.ts";

use([BarChart, GridComponent, LegendComponent, SVGRenderer]);

const COLOURS = [SLATE, "#8fb0c4", SEAL, "#d39a6a", "#7f8f5a", "#b9c29a", FAINT, "#c9bda6", "#5b4a6b"];

export interface Bars {
  /** A bar each. */
  columns: readonly string[];
  /** A part of each bar; in every row as many values as columns. */
  rows: readonly { name: string; values: readonly number[] }[];
}

/** Stacked bars, one a column, as SVG. Rows that are 0 throughout are left out. */
export function barsPicture({ columns, rows }: Bars, unit: string): string {
  const shown = rows.filter(({ values }) => values.some((value) => value > 0));
  const chart = init(null, null, { renderer: "svg", ssr: true, width: 960, height: 340 });
  chart.setOption({
    animation: false,
    backgroundColor: PAPER,
    color: COLOURS,
    textStyle: { fontFamily: "sans-serif", color: FAINT },
    grid: { left: 64, right: 28, top: 64, bottom: 36 },
    legend: { top: 12, left: 48, icon: "roundRect", itemHeight: 8, itemWidth: 14, data: shown.map(({ name }) => name) },
    xAxis: { type: "category", data: columns, axisLine: { lineStyle: { color: RULE } }, axisTick: { show: false } },
    yAxis: { type: "value", name: unit, nameTextStyle: { align: "right" }, splitLine: { lineStyle: { color: RULE } } },
    series: shown.map(({ name, values }) => ({ name, type: "bar", stack: "all", barMaxWidth: 48, data: [...values] })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
