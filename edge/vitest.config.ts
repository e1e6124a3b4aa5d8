import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { writeBrowserFiles } from "../local/edge-pages.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// What the build step of wrangler.jsonc does: the pages are built, and without a bundled model or dictionary there is an empty file.
await writeBrowserFiles();
mkdirSync(here("fallback"), { recursive: true });
for (const file of ["model.bin", "dictionary.bin"].map((name) => here(`fallback/${name}`)))
  if (!existsSync(file)) writeFileSync(file, "");

// The plugin takes the secrets that wrangler.jsonc requires from here.
process.env.ADMIN_SECRET = "admin-secret-of-tests";
process.env.EVENT_SECRET = "event-secret-of-tests";

// The key that tests bless models and sign pointers with; the Worker is given its public half.
const { publicKey, privateKey } = generateKeyPairSync("ed25519");

/** Tests of the Worker, run in workerd with D1, KV and R2 of their own a file. */
export default defineConfig({
  root: here("."),
  cacheDir: here("../node_modules/.vite"),
  plugins: [
    cloudflareTest(async () => ({
      wrangler: { configPath: here("wrangler.jsonc") },
      miniflare: {
        cf: false,
        bindings: {
          MIGRATIONS: await readD1Migrations(here("migrations")),
          EXPOSURE_FLUSH_MS: "0",
          BLESSING_KEYS: publicKey.export({ format: "jwk" }).x as string,
          SIGNING_KEY: privateKey.export({ type: "pkcs8", format: "der" }).toString("base64"),
        },
      },
    })),
  ],
  test: { name: "edge", include: ["**/*.test.ts"], silent: "passed-only" },
});
