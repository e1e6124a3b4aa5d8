import { BarChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { Stats } from "./stats.ts";

use([BarChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

const PARTS = ["split", "domain", "register", "lengthBand"] as const;
const COLOURS = ["#a8442a", "#3f6f8f", "#7c8f3f"];

/** The data set's counts as an SVG: a panel a property, a bar a value, stacked by language. */
export function statsPicture(stats: Stats): string {
  const languages = Object.keys(stats.characters);
  const chart = init(null, null, { renderer: "svg", ssr: true, width: 1000, height: 640 });
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    color: COLOURS,
    legend: { top: 8, data: languages },
    title: PARTS.map((part, index) => ({
      text: part,
      left: index % 2 === 0 ? 60 : 560,
      top: index < 2 ? 40 : 345,
      textStyle: { fontSize: 14 },
    })),
    grid: PARTS.map((_, index) => ({
      left: index % 2 === 0 ? 100 : 600,
      top: index < 2 ? 70 : 375,
      width: 370,
      height: 230,
    })),
    xAxis: PARTS.map((_, index) => ({ type: "value", gridIndex: index })),
    yAxis: PARTS.map((part, index) => ({
      type: "category",
      inverse: true,
      gridIndex: index,
      data: Object.keys(stats[part]),
    })),
    series: PARTS.flatMap((part, index) =>
      languages.map((lang) => ({
        name: lang,
        type: "bar",
        stack: part,
        xAxisIndex: index,
        yAxisIndex: index,
        data: Object.values(stats[part]).map((by) => by[lang] ?? 0),
      })),
    ),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
