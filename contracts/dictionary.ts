import { z } from "zod";

/** A word that an author wrote for a class; a weight below 0 speaks against it. */
export const AuthoredKeyword = z.object({ term: z.string().min(1), label: z.string().min(1), weight: z.number() });
export type AuthoredKeyword = z.infer<typeof AuthoredKeyword>;

/** How a token was used in the queries of a log. */
export interface TokenUsage {
  token: string;
  /** Occurrences in all queries. */
  frequency: number;
  /** Different users who asked with it; queries of nobody known count as one user together. */
  users: number;
  /** When it was asked with last, ms since 1970. */
  lastSeen: number;
}

/** A word of the keyword dictionary: how it is used, and which classes it speaks for. */
export interface DictionaryWord {
  /** Normalised. */
  term: string;
  /** An author wrote it: it stays, however seldom it is used. */
  authored: boolean;
  /** Of the log that the dictionary was made with; 0 where nobody used it. */
  frequency: number;
  users: number;
  /** Days since 1970; 0 for never. */
  lastSeenDay: number;
  /** Heaviest first. `id` is the class's place from 1; `weight` is ln(P(class | word) / P(class)). */
  classes: readonly { id: number; weight: number }[];
}
