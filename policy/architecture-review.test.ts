import { expect, test } from "vitest";
import { type HeldArtefact, reviewArchitecture, reviewPage } from "./architecture-review.ts";

const month = { from: 1000, to: 2000 };
const artefact = (sha256: string, more: Partial<HeldArtefact> = {}): HeldArtefact => ({
  kind: "model",
  bytes: 10,
  sha256,
  storedAt: 500,
  parents: [],
  ...more,
});

test("a review counts what came in the month, what takes longest, and what nothing was made from", () => {
  const review = reviewArchitecture(
    [
      artefact("a"),
      artefact("b", { storedAt: 1500, bytes: 30, parents: ["a"] }),
      artefact("c"),
      artefact("d", { kind: "release" }),
      artefact("gone", { storedAt: undefined }),
    ],
    [1, 9, 2].map((seconds) => ({
      kind: "daily",
      stages: [
        { name: "03:train", seconds },
        { name: "04:validate", seconds: 0 },
      ],
    })),
    month,
  );
  expect(review.grew[0]).toEqual({ kind: "model", artefacts: 3, bytes: 50, monthArtefacts: 1, monthBytes: 30 });
  expect(review.slow).toEqual([{ run: "daily", stage: "03:train", runs: 3, median: 2, longest: 9 }]);
  expect(review.unused).toEqual([{ kind: "model", artefacts: 1, bytes: 10 }]);
  const page = reviewPage("2026-11-29", review, ["a note"]);
  expect(page).toContain("| daily | 03:train | 3 | 2.0 | 9.0 |");
  expect(page).toContain("- a note");
});

test("a review of nothing says so", () => {
  expect(reviewPage("2026-11-29", reviewArchitecture([], [], month), [])).toContain("Nothing.");
});
