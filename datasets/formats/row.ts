import { z } from "zod";
import { InputError } from "#contracts/errors.ts";
import { Language, MAX_TEXT } from "#contracts/event.ts";

/** One labelled text of an outside data set. Without a split, one is chosen for it. */
export const Row = z.object({
  label: z.coerce.string().trim().min(1, "the label is empty").max(200, "the label is longer than 200 characters"),
  // Line breaks and tabs would break the tables that are written.
  text: z
    .string()
    .transform((text) => text.replace(/\s+/g, " ").trim())
    .pipe(z.string().min(1, "the text is empty").max(MAX_TEXT, `the text is longer than ${MAX_TEXT} characters`)),
  lang: z.preprocess((lang) => (lang === "" ? undefined : lang), Language.optional()),
  split: z.preprocess((split) => (split === "" ? undefined : split), z.enum(["train", "dev", "test"]).optional()),
});
export type Row = z.infer<typeof Row>;

/** Rows as a format found them, each with the place that faults name (`rows.csv:17`). */
export type Found = readonly { place: string; value: unknown }[];

/** Checks every row. Throws one InputError that names each fault: file, line, field and rule. */
export function checkedRows(found: Found, file: string): Row[] {
  const rows: Row[] = [];
  const faults: string[] = [];
  for (const { place, value } of found) {
    const row = Row.safeParse(value);
    if (row.success) rows.push(row.data);
    else
      faults.push(...row.error.issues.map(({ path, message }) => `${place}: ${path.join(".") || "row"}: ${message}`));
  }
  if (found.length === 0) faults.push(`${file}: it holds no row`);
  if (faults.length === 0) return rows;
  throw new InputError(
    `${faults.length} faults; nothing was imported\n${faults.join("\n")}`,
    "Mend the rows named, then import again.",
  );
}
