import { describe, expect, it } from "vitest";
import { nextVersion } from "./distribute.ts";

describe("nextVersion", () => {
  it("raises the patch, since only weights changed, and begins at v1.0.0", () => {
    expect(nextVersion(undefined)).toBe("v1.0.0");
    expect(nextVersion("v1.0.0")).toBe("v1.0.1");
    expect(nextVersion("v2.7.9")).toBe("v2.7.10");
    expect(nextVersion("v1.2.4-rc1")).toBe("v1.2.5");
  });
});
