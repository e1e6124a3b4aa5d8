import { InputError, NotReachableError } from "#contracts/errors.ts";
import type { ShadowLabels } from "#contracts/shadow.ts";
import { decodeModel } from "#model/codec.ts";
import type { ArtefactStore } from "#stores/artefacts.ts";
import type { EdgeClient } from "#stores/edge.ts";
import { artefactStore } from "#workers/dependencies.ts";
import type { LoadedConfig } from "./config.ts";
import { edgeOf } from "./edge-of.ts";
import type { Home } from "./home.ts";

/** A query to which the current model and the candidate that is on its way gave different first answers. */
export interface DisagreementToLabel {
  seq: number;
  text: string;
  lang: string;
  /** Classes that either model thinks of first, in the order of the classes, which tells of neither. */
  candidates: { id: number; label: string }[];
}

export interface OpenDisagreements {
  open: DisagreementToLabel[];
  /** How many somebody labelled already. */
  labelled: number;
  /** Says which class is right, 0 for none of those shown; answers how many were kept. */
  put(labels: ShadowLabels): Promise<number>;
}

const CANDIDATES = 3;

/**
 * What wants a label of the candidate that a rollout is taking to users: each user's first query that both models answered, where they
 * differed and the text may be kept. None where nothing is on its way. @throws NotReachableError where the edge does not answer
 */
export async function openDisagreements({
  home,
  loaded,
}: {
  home: Home;
  loaded: LoadedConfig;
}): Promise<OpenDisagreements> {
  const edge = edgeOf(home);
  if (edge === undefined) throw new NotReachableError("no edge runs in this home", "Start it: haqei start.");
  return disagreementsOf(edge, artefactStore(loaded.config.store, home.artefacts));
}

/** The same, of an edge and a store that are at hand. */
export async function disagreementsOf(
  edge: Pick<EdgeClient, "pointer" | "disagreements" | "labelDisagreements">,
  artefacts: Pick<ArtefactStore, "get">,
): Promise<OpenDisagreements> {
  const pointer = await edge.pointer();
  const candidate = (pointer?.shadow ?? pointer?.canary)?.sha256;
  const all = candidate === undefined ? [] : await edge.disagreements();
  const own = all.filter(({ first, text, shadow }) => first && text !== undefined && shadow === candidate);
  const wanting = own.filter(({ label }) => label === undefined);
  const names = new Map<string, readonly string[]>();
  for (const sha256 of new Set(wanting.map(({ model }) => model)))
    names.set(sha256, decodeModel(await artefacts.get({ sha256 })).classes);
  const open = wanting.map(({ seq, text = "", lang, model, answers, shadowAnswers }): DisagreementToLabel => {
    const inTurn = answers.flatMap((answer, place) => [answer, ...shadowAnswers.slice(place, place + 1)]);
    const ids = [...new Set(inTurn.map(({ id }) => id))].slice(0, CANDIDATES).sort((a, b) => a - b);
    return { seq, text, lang, candidates: ids.map((id) => ({ id, label: names.get(model)?.[id - 1] ?? String(id) })) };
  });
  return { open, labelled: own.length - wanting.length, put: (labels) => edge.labelDisagreements(labels) };
}

/**
 * Labels that were made elsewhere, a line each: `seq<TAB>class`, the class by its name or number, `0` or `-` for none of those shown.
 * @throws InputError that names the line
 */
export function readLabels(tsv: string, open: readonly DisagreementToLabel[]): ShadowLabels["labels"] {
  const bySeq = new Map(open.map((one) => [one.seq, one]));
  return tsv.split("\n").flatMap((line, at) => {
    if (line.trim() === "") return [];
    const [seq = "", name = ""] = line.split("\t").map((field) => field.trim());
    const fault = (what: string) =>
      new InputError(`line ${at + 1}: ${what}`, "Write a line each: seq<TAB>class; --json lists what is open.");
    const asked = bySeq.get(Number(seq));
    if (!asked) throw fault(`no open disagreement has the number ${seq}`);
    if (name === "-" || name === "0") return [{ seq: asked.seq, label: 0 }];
    const found = asked.candidates.find(({ id, label }) => label === name || String(id) === name);
    if (!found) throw fault(`${name} is none of ${asked.candidates.map(({ label }) => label).join(", ")}`);
    return [{ seq: asked.seq, label: found.id }];
  });
}
