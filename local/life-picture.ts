import { LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { Life } from "./life.ts";

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

const COLOURS = ["#a8442a", "#8a8378", "#3f6f8f"];

/** Lives as an SVG: above, top-1 on the frozen test set by day; below, what the tracker says of the first, against its milestones. */
export function lifePicture(lives: Readonly<Record<string, Life>>): string {
  const names = Object.keys(lives);
  const [learning] = Object.values(lives);
  const days = learning?.days ?? [];
  const chart = init(null, null, { renderer: "svg", ssr: true, width: 900, height: 640 });
  const line = (name: string, panel: number, data: (number | null)[], more: object = {}) => ({
    name,
    type: "line",
    symbol: "none",
    xAxisIndex: panel,
    yAxisIndex: panel,
    data,
    ...more,
  });
  const dates = days.map(({ date }) => date);
  const tracked = days.map(({ accuracy }) => accuracy.weighted?.value ?? null);
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    color: COLOURS,
    title: [
      { text: "top-1 on the frozen test set", left: 60, top: 8, textStyle: { fontSize: 14 } },
      {
        text: "graded top-3 as the tracker estimates it from feedback",
        left: 60,
        top: 330,
        textStyle: { fontSize: 14 },
      },
    ],
    legend: [
      { top: 8, right: 40, data: names },
      { top: 330, right: 40, data: ["tracked", "milestones"] },
    ],
    grid: [
      { left: 60, right: 40, top: 44, height: 240 },
      { left: 60, right: 40, top: 366, height: 230 },
    ],
    xAxis: [0, 1].map((gridIndex) => ({ type: "category", gridIndex, data: dates })),
    yAxis: [0, 1].map((gridIndex) => ({ type: "value", gridIndex, scale: true })),
    series: [
      ...Object.entries(lives).map(([name, life]) =>
        line(
          name,
          0,
          life.days.map(({ top1 }) => top1.value),
          { lineStyle: { width: name === names[0] ? 3 : 1.5, type: name === names[0] ? "solid" : "dashed" } },
        ),
      ),
      line("tracked", 1, tracked, { color: COLOURS[0], lineStyle: { width: 3 } }),
      line(
        "milestones",
        1,
        days.map(({ accuracy }) => accuracy.expected),
        { color: COLOURS[2], lineStyle: { type: "dashed", width: 1.5 } },
      ),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
