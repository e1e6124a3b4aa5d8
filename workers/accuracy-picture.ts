import { CustomChart, LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, LegendComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { Tracked } from "#activities/live-accuracy.ts";
import { FAINT, PAPER, RULE, SEAL, SLATE } from "./report-colours.ts";

use([LineChart, ScatterChart, CustomChart, GridComponent, LegendComponent, SVGRenderer]);

/** Accuracy by day with its interval, and the line that the milestones draw; days on which too few judged are left open. */
export function accuracyPicture({ days }: Pick<Tracked, "days">, target: number): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: 960, height: 360 });
  const dates = days.map(({ date }) => date.slice(5));
  chart.setOption({
    animation: false,
    backgroundColor: PAPER,
    textStyle: { fontFamily: "sans-serif", color: FAINT },
    grid: { left: 56, right: 28, top: 52, bottom: 40 },
    legend: {
      top: 12,
      left: 48,
      icon: "roundRect",
      itemHeight: 8,
      data: ["weighted, with 95% interval", "milestones", "target"],
    },
    xAxis: { type: "category", data: dates, axisLine: { lineStyle: { color: RULE } }, axisTick: { show: false } },
    yAxis: {
      type: "value",
      min: 0,
      max: 1,
      axisLabel: { formatter: (share: number) => `${Math.round(share * 100)}%` },
      splitLine: { lineStyle: { color: RULE } },
    },
    series: [
      {
        name: "target",
        type: "line",
        symbol: "none",
        color: FAINT,
        lineStyle: { type: "dotted", width: 1 },
        data: dates.map(() => target),
      },
      {
        name: "milestones",
        type: "line",
        symbol: "none",
        color: SLATE,
        lineStyle: { type: "dashed", width: 1.5 },
        data: days.map(({ expected }) => expected),
      },
      {
        name: "interval",
        type: "custom",
        color: SEAL,
        data: days.flatMap(({ weighted }, at) => (weighted ? [[at, weighted.lo, weighted.hi]] : [])),
        renderItem: (_: unknown, api: { value: (at: number) => number; coord: (point: number[]) => number[] }) => {
          const [x = 0, low = 0] = api.coord([api.value(0), api.value(1)]);
          const [, high = 0] = api.coord([api.value(0), api.value(2)]);
          return {
            type: "line",
            shape: { x1: x, y1: low, x2: x, y2: high },
            style: { stroke: SEAL, lineWidth: 5, opacity: 0.28, lineCap: "round" },
          };
        },
      },
      {
        name: "weighted, with 95% interval",
        type: "line",
        color: SEAL,
        symbol: "circle",
        symbolSize: 8,
        lineStyle: { width: 2 },
        data: days.map(({ weighted }) => weighted?.value ?? null),
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
