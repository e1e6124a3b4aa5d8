import { InvalidArgumentError } from "commander";

/** An option's whole number from 0. */
export function wholeNumber(text: string): number {
  const n = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(n) || n < 0)
    throw new InvalidArgumentError("It must be a whole number from 0.");
  return n;
}
