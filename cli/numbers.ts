import { InvalidArgumentError } from "commander";

/** An option's whole number from 0. */
export function wholeNumber(text: string): number {
  const n = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(n) || n < 0)
    throw new InvalidArgumentError("It must be a whole number from 0.");
  return n;
}

/** An option's share, 0 to 1. */
export function share(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError("It must be a share from 0 to 1.");
  return value;
}
