import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// What the build step of wrangler.jsonc does: without a fallback model there is an empty file.
mkdirSync(here("fallback"), { recursive: true });
if (!existsSync(here("fallback/model.bin"))) writeFileSync(here("fallback/model.bin"), "");

// The plugin takes the secrets that wrangler.jsonc requires from here.
process.env.ADMIN_SECRET = "admin-secret-of-tests";
process.env.EVENT_SECRET = "event-secret-of-tests";

/** Tests of the Worker, run in workerd with D1, KV and R2 of their own a file. */
export default defineConfig({
  root: here("."),
  cacheDir: here("../node_modules/.vite"),
  plugins: [
    cloudflareTest(async () => ({
      wrangler: { configPath: here("wrangler.jsonc") },
      miniflare: {
        cf: false,
        bindings: { MIGRATIONS: await readD1Migrations(here("migrations")), EXPOSURE_FLUSH_MS: "0" },
      },
    })),
  ],
  test: { name: "edge", include: ["**/*.test.ts"], silent: "passed-only" },
});
