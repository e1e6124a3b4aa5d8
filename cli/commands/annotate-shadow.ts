import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { askEach } from "../ask-each.ts";
import type { Context, Result } from "../context.ts";
import { table } from "../table.ts";

/** Of `--shadow`: what is still open. */
export const Disagreements = z.array(
  z.object({
    seq: z.number().int(),
    text: z.string(),
    lang: z.string(),
    candidates: z.array(z.object({ id: z.number().int(), label: z.string() })),
  }),
);

/** Labels of what a candidate answers otherwise than the current model: they go to the edge, where the judge reads them. */
export async function labelDisagreements(
  { load, streams, json }: Context,
  { by, n, from }: { by: string; n: number; from?: string },
): Promise<Result> {
  const { home, loaded } = await load();
  const { openDisagreements, readLabels } = await import("#local/disagreements.ts");
  const { open, labelled, put } = await openDisagreements({ home, loaded });
  const left = new Set(open);
  let made = 0;
  if (from !== undefined) {
    const labels = readLabels(readFileSync(resolve(from), "utf8"), open);
    if (labels.length > 0) made = await put({ by, labels });
    const done = new Set(labels.map(({ seq }) => seq));
    for (const one of open) if (done.has(one.seq)) left.delete(one);
  } else if (process.stdin.isTTY && !json) {
    const asked = open
      .slice(0, n)
      .map((one) => ({ one, text: one.text, choices: one.candidates.map(({ label }) => label) }));
    for await (const { one, place } of askEach(asked, streams)) {
      // Written at once: nothing is lost whenever it ends.
      made += await put({ by, labels: [{ seq: one.seq, label: one.candidates[place - 1]?.id ?? 0 }] });
      left.delete(one);
    }
  }
  const disagreements: z.infer<typeof Disagreements> = [...left].slice(0, n);
  const rows = disagreements
    .slice(0, 20)
    .map(({ seq, candidates, text }) => [
      String(seq),
      candidates.map(({ label }) => label).join(", "),
      text.replace(/\s+/g, " ").slice(0, 60),
    ]);
  return {
    output: {
      file: "/admin/shadow/labels",
      annotated: labelled + made,
      remaining: left.size,
      agreement: null,
      disagreements,
    },
    text: `${table(["seq", "one of them is right", "query"], rows)}\n\n${labelled + made} labelled, ${left.size} open. haqei release status says what the judge makes of them.`,
  };
}
