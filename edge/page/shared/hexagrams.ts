import type { Language } from "#contracts/event.ts";

export interface Hexagram {
  name: string;
  /** Six lines, from the bottom; true is yang. */
  yang: boolean[];
}

/** The hexagrams in King Wen order: name, then lower and upper trigram, each an octal digit read from the bottom (1 is yang). */
export const HEXAGRAMS: readonly Hexagram[] =
  `乾77 坤00 屯42 蒙21 需72 訟27 師20 比02 小畜73 履67 泰70 否07 同人57 大有75 謙10 豫04
随46 蠱31 臨60 観03 噬嗑45 賁51 剥01 復40 无妄47 大畜71 頤41 大過36 坎22 離55 咸16 恒34
遯17 大壮74 晋05 明夷50 家人53 睽65 蹇12 解24 損61 益43 夬76 姤37 萃06 升30 困26 井32
革56 鼎35 震44 艮11 漸13 帰妹64 豊54 旅15 巽33 兌66 渙23 節62 中孚63 小過14 既済52 未済25`
    .split(/\s/)
    .map((entry) => {
      const bits = [...entry.slice(-2)].map((digit) => Number(digit).toString(2).padStart(3, "0")).join("");
      return { name: entry.slice(0, -2), yang: [...bits].map((bit) => bit === "1") };
    });

const PLACES = ["初", "二", "三", "四", "五", "上"];

/** Name of the line at `place`, 0 at the bottom. */
export function lineName(language: Language, yang: boolean, place: number): string {
  if (language === "en") return `Line ${place + 1}, ${yang ? "yang" : "yin"}`;
  const kind = yang ? "九" : "六";
  return place === 0 || place === 5 ? `${PLACES[place]}${kind}` : `${kind}${PLACES[place]}`;
}

const SVG = "http://www.w3.org/2000/svg";

function element(tag: string, attributes: Record<string, string | number>): SVGElement {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

/** Six lines drawn from the bottom up; `here` is the place of the line that is meant. An ornament: the title says the same. */
export function figure({ yang }: Pick<Hexagram, "yang">, here: number, width: number): SVGElement {
  const svg = element("svg", {
    class: "figure",
    viewBox: "0 0 100 110",
    width,
    height: width * 1.1,
    "aria-hidden": "true",
  });
  yang.forEach((whole, place) => {
    const line = element("g", { class: `line${place === here ? " here" : ""}` });
    const y = 96 - place * 19;
    const parts = whole
      ? [[0, 100]]
      : [
          [0, 43],
          [57, 43],
        ];
    for (const [x = 0, length = 0] of parts) line.append(element("rect", { x, y, width: length, height: 12, rx: 2.5 }));
    svg.append(line);
  });
  return svg;
}

/** The hexagram that comes of it when the line at `place` moves. */
export const moved = ({ yang }: Pick<Hexagram, "yang">, place: number): Pick<Hexagram, "yang"> => ({
  yang: yang.map((whole, at) => (at === place ? !whole : whole)),
});
