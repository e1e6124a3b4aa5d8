import { DefaultLogger, Runtime } from "@temporalio/worker";

/** Lets workers of a test log only errors. Call it before the first connection of the process. */
export function quietWorkers(): void {
  Runtime.install({
    logger: new DefaultLogger("ERROR"),
    telemetryOptions: { logging: { filter: { core: "ERROR", other: "ERROR" } } },
  });
}
