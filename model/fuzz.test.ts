import { test } from "vitest";
import { fuzzModels } from "./test-support/fuzz.ts";

/** 100,000 of them: fuzz.slow.test.ts. */
test("damaged models are refused by name or answer as ever, with the kernel and without", () => fuzzModels(2000));
