import uPlot from "uplot";

/** Points that are kept: ten minutes of one every two seconds. */
const KEPT = 300;

/** A point in time: when, in s since 1970, and the rates by name. */
export interface Point {
  at: number;
  rates: ReadonlyMap<string, number>;
}

/** A colour as it is now, light or dark: a variable alone would give both. */
function hue(name: string): string {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

/** Draws rates over time, one upon the other in the order of `names`, in the colours `--path-<name>`. */
export function createStack(place: HTMLElement, names: readonly string[]): { add(point: Point): void } {
  const points: Point[] = [];
  let chart: uPlot | undefined;

  /** Each band lies upon those before it; the last comes first, so that nearer ones cover it. */
  const data = (): uPlot.AlignedData => {
    const bands = names.map((_, upTo) =>
      points.map(({ rates }) => names.slice(0, upTo + 1).reduce((sum, name) => sum + (rates.get(name) ?? 0), 0)),
    );
    return [points.map(({ at }) => at), ...bands.reverse()];
  };
  const size = () => ({ width: Math.max(240, place.clientWidth), height: 210 });

  function draw(): void {
    chart?.destroy();
    const axis = { stroke: hue("--faint"), grid: { stroke: hue("--rule"), width: 1 }, ticks: { show: false } };
    chart = new uPlot(
      {
        ...size(),
        legend: { show: false },
        cursor: { show: false },
        padding: [8, 8, 0, 0],
        scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] } },
        axes: [
          { ...axis, space: 90, size: 30, values: (_, at) => at.map((s) => clock.format(s * 1000)) },
          { ...axis, size: 44 },
        ],
        series: [
          {},
          ...[...names].reverse().map((name) => ({
            label: name,
            stroke: hue(`--path-${name}`),
            fill: hue(`--path-${name}`),
            width: 1,
            points: { show: false },
          })),
        ],
      },
      data(),
      place,
    );
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new ResizeObserver(() => chart?.setSize(size())).observe(place);

  return {
    add(point) {
      points.push(point);
      if (points.length > KEPT) points.shift();
      if (chart) chart.setData(data());
      else draw();
    },
  };
}
