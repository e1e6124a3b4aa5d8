import { z } from "zod";

const Time = z.number().int().nonnegative();

/** Levels of specification 8.1: 1 minor, 2 medium, 3 serious. */
export const IncidentLevel = z.union([z.literal(1), z.literal(2), z.literal(3)]);
export type IncidentLevel = z.infer<typeof IncidentLevel>;

const Note = z.object({
  at: Time,
  what: z.string(),
  /** Of what a person did. */
  person: z.string().optional(),
  reason: z.string().optional(),
});

/** What a measurement has to say of an incident's cause: it was looked at, on enough observations, and is not so. */
export const Proof = z.object({ at: Time, metric: z.string(), value: z.number(), n: z.number() });
export type Proof = z.infer<typeof Proof>;

/** Something that a person must look at. Times in ms since 1970. */
export const Incident = z.object({
  id: z.string(),
  level: IncidentLevel,
  /** Stable and machine-readable: the name of an alert rule, or `release-rolled-back`, `release-undecided`, `release-frozen`. */
  cause: z.string(),
  opened: Time,
  timeline: z.array(Note),
  /** Whether it was opened by an alert: then measuring can close it. */
  byAlert: z.boolean().optional(),
  acknowledged: z.object({ at: Time, person: z.string(), reason: z.string() }).optional(),
  /** How often nobody had answered in time. */
  escalated: z.number().int().nonnegative().optional(),
  /** By proof of recovery, or by a person with a reason. */
  closed: z
    .object({ at: Time, proof: Proof.optional(), person: z.string().optional(), reason: z.string().optional() })
    .optional(),
});
export type Incident = z.infer<typeof Incident>;

/** Where the registry keeps them, newest first. */
export const INCIDENTS = "incidents";

/** The one workflow of a cause: what happens again while it is open belongs to it. */
export const incidentWorkflowId = (cause: string): string => `incident-${cause}`;
