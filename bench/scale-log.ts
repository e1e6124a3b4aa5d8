import type { LoggedEvent } from "#contracts/event.ts";
import { randomOf } from "#simulation/random.ts";

/** Each answer gets two reactions: a click, and a thumb or a stay. */
const REACTIONS = 2;
const MODEL = "0".repeat(64);

export interface AskedText {
  text: string;
  lang: LoggedEvent["served"]["lang"];
  /** Id of the class that its author meant. */
  classId: number;
}

/**
 * The edge's log of one day as if `total` events had come: a page of raw lines, made when asked for. Every eighth event brings a text
 * that was not asked before, so that what is learnt grows with the log as well.
 */
export function logOf(texts: readonly AskedText[], total: number, startOfDay: number, classes: number) {
  const step = 80_000_000 / total;
  const lineOf = (seq: number): string => {
    const answer = Math.ceil(seq / REACTIONS);
    const random = randomOf(`scale/${answer}`);
    const variant = random.below(Math.max(1, Math.ceil(total / 8)));
    const asked = texts[variant % texts.length] as AskedText;
    const at = Math.floor(startOfDay + (answer * REACTIONS - 1) * step);
    const other = 1 + random.below(classes);
    const good = random.next() < 0.8;
    const first = seq % REACTIONS === 1;
    const event: LoggedEvent = {
      seq,
      id: `scale-${seq}`,
      ...(first
        ? { type: "click", shownId: good ? asked.classId : other }
        : good
          ? { type: "thumb", value: 1, shownId: asked.classId }
          : { type: "dwell", value: 12_000 }),
      at,
      receivedAt: Math.floor(startOfDay + seq * step),
      user: `u${random.below(Math.ceil(total / 20))}`,
      served: {
        model: MODEL,
        bucket: "current",
        shown: [asked.classId, other, 1 + random.below(classes)],
        propensity: 1,
        textHash: String(variant).padStart(32, "0"),
        lang: asked.lang,
        at,
        text: `${asked.text} ${variant}`,
      },
    };
    return JSON.stringify(event);
  };
  return (after: number, limit: number): { lines: string[]; next: number } => {
    const next = Math.min(total, after + limit);
    return { lines: Array.from({ length: next - after }, (_, index) => lineOf(after + 1 + index)), next };
  };
}
