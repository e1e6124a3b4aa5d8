import { setTimeout as pause } from "node:timers/promises";
import { InputError, NotReachableError } from "#contracts/errors.ts";
import type { Pointer } from "#contracts/pointer.ts";
import type { RolledBack } from "#contracts/rollout.ts";
import { noteRelease } from "#stores/release-history.ts";
import type { Dependencies } from "./dependencies.ts";
import { named } from "./failure.ts";
import { beating } from "./heartbeat.ts";
import { migrateDown } from "./migrations.ts";
import { rememberRollback } from "./rolled-back.ts";

export interface RollbackCall {
  /** The model that is taken away; the canary, else the current one, where it is not named. */
  model?: string;
  /** Readings that were shown before it. */
  readings?: string;
  cause: string;
  person?: string;
  /** Migrations that were applied for it, and are taken back with it. */
  migrated?: string[];
  /** When it was decided, ms since 1970. */
  at: number;
  /** Answers in a row by which the edge must confirm it. */
  looks: number;
}

const LOOK_MS = 100;
const CONFIRM_MS = 30_000;

/**
 * Takes a model away from users: the canary, or the shadow, is dropped, a current model gives way to the one before, at yet a higher epoch. Waits until
 * the edge confirms it, answer after answer, and remembers the model. What an attempt before it did stands.
 * @throws NotReachableError where the edge does not answer or does not confirm; InputError where there is nothing to go back to
 */
export async function goBack(
  { edge, registry, now }: Pick<Dependencies, "edge" | "registry" | "now">,
  call: RollbackCall,
): Promise<RolledBack> {
  const pointer = await edge.pointer();
  if (!pointer) throw new InputError("nothing is released", "There is nothing to roll back.");
  const model = call.model ?? pointer.canary?.sha256 ?? pointer.current.sha256;
  const after = pointerWithout(pointer, model, call.readings);
  if (after.epoch !== pointer.epoch) await edge.putPointer(after, pointer.epoch);
  const { cause, person, at } = call;
  await rememberRollback(registry, model, { at, cause, ...(person ? { person } : {}) });
  await noteRelease(registry, { at: now(), sha256: model, outcome: "rolled-back", reason: cause });
  await confirm(edge, after, call.looks, now() + CONFIRM_MS, now);
  return {
    sha256: after.current.sha256,
    epoch: after.epoch,
    seconds: Math.max(0, now() - at) / 1000,
    looks: call.looks,
  };
}

/** The errand of it: users first, then what was migrated. */
export const rollBack =
  (dependencies: Pick<Dependencies, "edge" | "registry" | "now" | "released">) =>
  (call: RollbackCall): Promise<RolledBack> =>
    beating(() =>
      named(async () => {
        const done = await goBack(dependencies, call);
        await migrateDown(dependencies, call.migrated ?? []);
        return done;
      }),
    );

/** The pointer that serves nobody this model, and has it answer in nobody's shadow; the very one where it does so already. */
function pointerWithout(pointer: Pointer, model: string, readings: string | undefined): Pointer {
  const { canary, shadow, previous, current, ...rest } = pointer;
  const kept = {
    ...(canary !== undefined && canary.sha256 !== model ? { canary } : {}),
    ...(shadow !== undefined && shadow.sha256 !== model ? { shadow } : {}),
  };
  if (current.sha256 !== model) {
    if (canary?.sha256 !== model && shadow?.sha256 !== model) return pointer;
    return { ...rest, ...kept, epoch: pointer.epoch + 1, current, ...(previous ? { previous } : {}) };
  }
  if (!previous)
    throw new InputError(
      `model ${model.slice(0, 12)} is the first that was released: there is none to go back to`,
      "Let the bundled model answer (POST /admin/mode), or release another.",
    );
  return { ...rest, ...kept, epoch: pointer.epoch + 1, current: previous, ...(readings ? { readings } : {}) };
}

async function confirm(
  edge: Dependencies["edge"],
  { epoch, current, canary }: Pointer,
  looks: number,
  end: number,
  now: () => number,
): Promise<void> {
  let confirmed = 0;
  while (confirmed < looks) {
    const [health, release] = await Promise.all([edge.health(), edge.release()]);
    const served = health.epoch >= epoch && health.model === current.sha256;
    confirmed = served && release.canary?.sha256 === canary?.sha256 ? confirmed + 1 : 0;
    if (confirmed < looks && now() > end)
      throw new NotReachableError(
        `the edge does not confirm that it serves ${current.sha256.slice(0, 12)} at epoch ${epoch}`,
        "It is asked again; see what it says: haqei logs edge.",
      );
    await pause(confirmed > 0 ? 0 : LOOK_MS);
  }
}
