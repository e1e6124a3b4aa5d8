import { describe, expect, it } from "vitest";
import { InputError } from "#contracts/errors.ts";
import { workerVersion } from "./version.ts";

describe("a worker's version", () => {
  it("is none on one machine", () => {
    expect(workerVersion({})).toEqual({});
    expect(workerVersion({ TEMPORAL_DEPLOYMENT_NAME: "", TEMPORAL_WORKER_BUILD_ID: "" })).toEqual({});
  });

  it("is a deployment and a build; a batch stays with the version that began it", () => {
    expect(workerVersion({ TEMPORAL_DEPLOYMENT_NAME: "haqei", TEMPORAL_WORKER_BUILD_ID: "v2" })).toEqual({
      workerDeploymentOptions: {
        useWorkerVersioning: true,
        version: { deploymentName: "haqei", buildId: "v2" },
        defaultVersioningBehavior: "PINNED",
      },
    });
  });

  it.each([{ TEMPORAL_DEPLOYMENT_NAME: "haqei" }, { TEMPORAL_WORKER_BUILD_ID: "v2" }])(
    "is refused by halves: %o",
    (env) => {
      expect(() => workerVersion(env)).toThrow(InputError);
    },
  );
});
