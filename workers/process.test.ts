import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { freePort } from "#local/ports.ts";

const folder = mkdtempSync(join(tmpdir(), "haqei-worker-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** How a worker ends that cannot begin, and what it said. */
async function endOf(environment: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const worker = spawn(process.execPath, [fileURLToPath(new URL("compute.ts", import.meta.url))], {
    env: { ...process.env, HAQEI_HOME: folder, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  worker.stdout.on("data", (bytes) => {
    said += bytes;
  });
  const [code] = (await once(worker, "exit")) as [number | null];
  return { code, said };
}

it("ends with 1 and says why where its config is wrong", async () => {
  const config = join(folder, "haqei.config.ts");
  writeFileSync(config, "export default { nonsense: 1 };\n");
  const { code, said } = await endOf({ HAQEI_CONFIG: config });
  expect(code).toBe(1);
  expect(said).toContain("nonsense: is no field of the config");
});

it("ends with 1 and says why where Temporal does not answer", async () => {
  const port = await freePort(undefined);
  const endpoints = join(folder, "endpoints.json");
  writeFileSync(
    endpoints,
    JSON.stringify({
      temporal: { address: `127.0.0.1:${port}`, namespace: "haqei" },
      edge: { url: "http://127.0.0.1:1" },
      adminSecretFile: join(folder, "admin"),
    }),
  );
  const { code, said } = await endOf({ HAQEI_ENDPOINTS: endpoints });
  expect(code).toBe(1);
  expect(said).toContain(`Temporal at 127.0.0.1:${port} does not answer`);
});
