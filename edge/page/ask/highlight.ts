/** A piece of a text, and whether it is one of the reasons. */
export interface Piece {
  text: string;
  reason: boolean;
}

/**
 * The text in pieces, so that reasons can be marked in it. Terms were normalised and the text was not, so they are looked for without
 * regard to case and width; a term that is not found marks nothing. The pieces joined are the text.
 */
export function highlight(text: string, terms: readonly string[]): Piece[] {
  const points = [...text];
  const folded = points.map((point) => point.normalize("NFKC").toLowerCase());
  const marked = new Array<boolean>(points.length).fill(false);
  for (const term of terms) {
    const wanted = term.normalize("NFKC").toLowerCase().trim();
    if (wanted === "") continue;
    for (let from = 0; from < points.length; from += 1) {
      let found = "";
      for (let to = from; to < points.length && found.length < wanted.length; to += 1) {
        found += folded[to];
        if (found === wanted) marked.fill(true, from, to + 1);
      }
    }
  }
  const pieces: Piece[] = [];
  points.forEach((point, at) => {
    const reason = marked[at] === true;
    const last = pieces.at(-1);
    if (last?.reason === reason) last.text += point;
    else pieces.push({ text: point, reason });
  });
  return pieces;
}
