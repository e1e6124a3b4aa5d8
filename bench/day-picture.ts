import { BarChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([BarChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** A part of a day: wall time in s, CPU-seconds by process, most memory of all processes together. */
export interface Bar {
  name: string;
  wall: number;
  cpu: Record<string, number>;
  bytes: number;
}

/** CPU-seconds of each part, stacked by process, as an SVG; parts from above in the order of the day. */
export function dayPicture(bars: readonly Bar[], groups: readonly string[]): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: 900, height: 80 + 42 * bars.length });
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    color: ["#8a8f98", "#3f6f8f", "#7c8f3f", "#a8442a"],
    title: { text: "Where a day's CPU-seconds go", left: 20, top: 8, textStyle: { fontSize: 14 } },
    legend: { top: 8, right: 40, data: [...groups] },
    grid: { left: 260, right: 60, top: 50, bottom: 30 },
    xAxis: { type: "value", axisLabel: { formatter: "{value} s" } },
    yAxis: {
      type: "category",
      inverse: true,
      data: bars.map(({ name, wall, bytes }) => `${name}\n${wall.toFixed(1)} s, ${(bytes / 1e6).toFixed(0)} MB`),
    },
    series: groups.map((group) => ({
      name: group,
      type: "bar",
      stack: "cpu",
      barWidth: 16,
      data: bars.map(({ cpu }) => Number((cpu[group] ?? 0).toFixed(2))),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
