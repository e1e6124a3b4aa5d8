import { defineConfig } from "vitest/config";

const elsewhere = ["**/node_modules/**", "**/.haqei/**", "**/.cache/**"];

/** Where a machine-readable report is wanted, beside the one for people. */
const report = process.env.HAQEI_TEST_REPORT;

/** The edge's tests run in workerd by a config of their own (`edge/vitest.config.ts`); slow ones by `npm run test:slow`. */
export default defineConfig({
  test: {
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["**/*.test.ts"],
          exclude: [...elsewhere, "edge/**", "test/**", "**/*.slow.test.ts", "**/*.drill.test.ts"],
          testTimeout: 30_000,
        },
      },
      "edge/vitest.config.ts",
      {
        test: {
          name: "system",
          include: ["test/**/*.test.ts"],
          exclude: [...elsewhere, "**/*.slow.test.ts", "**/*.drill.test.ts"],
          testTimeout: 240_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          // Minutes each, on a machine that does nothing else: not part of any other command.
          name: "drill",
          include: ["**/*.drill.test.ts"],
          exclude: elsewhere,
          testTimeout: 900_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "slow",
          include: ["**/*.slow.test.ts"],
          exclude: elsewhere,
          testTimeout: 600_000,
          // Two at a time (`npm run test:slow`): most of their time they wait.
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
