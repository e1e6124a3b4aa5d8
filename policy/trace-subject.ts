/** What a span or a log line is about. Digests, names and verdicts only: nothing that a user wrote. */
export type Subject = Partial<Record<"stage" | "digest" | "verdict", string>>;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const textAt = (value: unknown, ...path: readonly string[]): string | undefined => {
  const found = path.reduce<unknown>((at, name) => (isRecord(at) ? at[name] : undefined), value);
  return typeof found === "string" ? found : undefined;
};

const present = <Name extends string>(fields: Record<Name, string | undefined>): Partial<Record<Name, string>> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<
    Record<Name, string>
  >;

/** What a call of an activity is about: the stage that it does, and the digest of the model, else of the first artefact, that it is given. */
export function subjectOf([call]: readonly unknown[]): Subject {
  const inputs = isRecord(call) && isRecord(call.inputs) ? call.inputs : {};
  return present({
    stage: textAt(call, "stage"),
    digest:
      textAt(inputs, "model", "sha256") ??
      Object.values(inputs)
        .map((input) => textAt(input, "sha256"))
        .find((sha256) => sha256 !== undefined) ??
      textAt(call, "candidate", "sha256") ??
      textAt(call, "sha256"),
    verdict: undefined,
  });
}

/** What something came to: the digest of what it made, and the verdict; of an activity's result as of a whole run's. */
export function resultOf(result: unknown): Subject {
  return present({
    stage: undefined,
    digest:
      textAt(result, "output", "sha256") ?? textAt(result, "model", "sha256") ?? textAt(result, "candidate", "sha256"),
    verdict: textAt(result, "verdict", "action"),
  });
}

/** The same as attributes of a span. */
export const attributesOf = (subject: Subject): Record<string, string> =>
  Object.fromEntries(Object.entries(subject).map(([name, value]) => [`haqei.${name}`, value]));
