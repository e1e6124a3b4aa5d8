import { describe, expect, test } from "vitest";
import * as errors from "./errors.ts";

describe("errors", () => {
  test.each(Object.entries(errors))("%s is named after its class and says what to do", (name, Kind) => {
    const cause = new Error("inner");
    const error = new Kind("what is wrong", "what to do", { cause });
    expect(error).toBeInstanceOf(errors.HaqeiError);
    expect(error).toMatchObject({ name, message: "what is wrong", hint: "what to do", cause });
  });
});
