import { ApplicationFailure, condition, setHandler } from "@temporalio/workflow";
import { Candidate, Command, CommandName, type OfferState, type Rollout } from "#contracts/rollout.ts";
import { isOver, refusalOf } from "#policy/rollout.ts";
import { commands, offerUpdate, rolloutQuery } from "./messages.ts";

/** What persons said to a rollout that it has not acted upon. */
export interface Desk {
  /** To give the canary up; beats all else, and nothing takes it back. */
  stop?: { how: "abort" | "rollback"; at: number } & Command;
  promoted: boolean;
  paused: boolean;
}

/**
 * Where a rollout is spoken to: queries, commands with person and reason, and other candidates. Refusals are the validators', so that what
 * is refused leaves no trace in the history.
 */
export function openDesk(rollout: Rollout, note: (what: string, by?: Command) => void): Desk {
  const desk: Desk = { promoted: false, paused: rollout.state === "paused" };
  setHandler(rolloutQuery, () => rollout, { description: "Stage, share, evidence, verdict, next look and history" });
  setHandler(
    offerUpdate,
    (candidate): OfferState => {
      if (candidate.sha256 === rollout.candidate.sha256 && !isOver(rollout)) {
        const known = rollout.history.some(({ what }) => what === "begun");
        if (!known) note("begun");
        return known ? "running" : "started";
      }
      if (rollout.waiting && rollout.waiting.sha256 !== candidate.sha256)
        note(`${rollout.waiting.version} no longer waits: ${candidate.version} is newer`);
      rollout.waiting = candidate;
      return "waiting";
    },
    { validator: (candidate) => parsed(Candidate, candidate), description: "Another candidate, to come next" },
  );

  for (const name of CommandName.options) {
    setHandler(
      commands[name],
      async (given) => {
        const by = Command.parse(given);
        note(name, by);
        await act(name, by);
        return rollout;
      },
      {
        validator: (given) => {
          parsed(Command, given);
          const refusal = desk.stop ? "it is going back already" : refusalOf(name, rollout);
          if (refusal) throw ApplicationFailure.nonRetryable(`${name} is refused: ${refusal}`, "InputError");
        },
        description: `${name}, with person and reason`,
      },
    );
  }
  return desk;

  async function act(name: CommandName, by: Command): Promise<void> {
    switch (name) {
      case "pause":
        desk.paused = true;
        rollout.state = "paused";
        return;
      case "resume":
        desk.paused = false;
        rollout.state = "watching";
        return;
      case "promote":
        desk.promoted = true;
        return;
      case "abort":
      case "rollback":
        desk.stop = { how: name, at: Date.now(), ...by };
        await condition(() => isOver(rollout));
    }
  }
}

function parsed(schema: typeof Candidate | typeof Command, given: unknown): void {
  const result = schema.safeParse(given);
  if (result.success) return;
  const faults = result.error.issues.map(({ path, message }) => `${path.join(".") || "the input"}: ${message}`);
  throw ApplicationFailure.nonRetryable(faults.join("; "), "InputError");
}
