/** Rows under a head, each column as wide as its widest cell; Japanese and Chinese characters count two. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => width(row[column] ?? ""))));
  return all
    .map((row) =>
      widths
        .map((wanted, column) => (row[column] ?? "") + " ".repeat(wanted - width(row[column] ?? "")))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;
const width = (text: string): number => [...text].reduce((sum, character) => sum + (WIDE.test(character) ? 2 : 1), 0);
