import { test } from "vitest";
import { fuzzModels } from "./test-support/fuzz.ts";

test("100,000 damaged models are refused by name or answer as ever, with the kernel and without", () =>
  fuzzModels(100_000));
