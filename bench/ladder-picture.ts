import { LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([LineChart, ScatterChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** A model as a point: how large it is and how often it is right. */
export interface Point {
  series: string;
  label: string;
  bytes: number;
  top1: number;
}

const COLOURS = ["#a8442a", "#c98a2b", "#3f6f8f", "#7c8f3f"];

/** Accuracy over size as an SVG, sizes on a logarithmic axis; the points of a series are joined. */
export function ladderPicture(points: readonly Point[], title: string): string {
  const names = [...new Set(points.map(({ series }) => series))];
  const chart = init(null, null, { renderer: "svg", ssr: true, width: 900, height: 480 });
  const least = Math.min(...points.map(({ top1 }) => top1));
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    color: COLOURS,
    title: { text: title, left: 60, top: 8, textStyle: { fontSize: 14 } },
    legend: { top: 8, right: 40, data: names },
    grid: { left: 70, right: 60, top: 70, bottom: 60 },
    xAxis: { type: "log", name: "bytes", nameLocation: "middle", nameGap: 32, axisLabel: { formatter: inWords } },
    yAxis: { type: "value", name: "top-1", min: Math.floor(least * 50) / 50 },
    series: names.map((name) => ({
      name,
      type: "line",
      symbolSize: 9,
      data: points
        .filter(({ series }) => series === name)
        .sort((a, b) => a.bytes - b.bytes)
        .map(({ bytes, top1, label }) => ({ name: label, value: [bytes, top1] })),
      label: { show: true, position: "top", formatter: "{b}", fontSize: 11 },
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

const inWords = (bytes: number): string => (bytes < 1e6 ? `${bytes / 1e3} KB` : `${bytes / 1e6} MB`);
