import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ClassifyAnswer } from "#contracts/http.ts";
import { Pointer } from "#contracts/pointer.ts";
import { tinyModel } from "#edge/test-support/tiny-model.ts";
import { createEdgeClient } from "#stores/edge.ts";
import { localEdgeBucket } from "#stores/edge-bucket.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { s3Artefacts } from "#stores/s3-artefacts.ts";
import { createSigner, newSigningKey } from "#stores/signing.ts";
import { loadConfig } from "./config.ts";
import { startEdge } from "./edge-server.ts";
import { homeIn, prepareHome } from "./home.ts";
import { openQueries } from "./open-queries.ts";
import { blessedBy } from "./test-support/blessed.ts";

const SECRET = "secret-of-tests";
const TEXTS = ["仕事を辞めて独立したい", "好きな人に告白するか迷う", "親の介護で疲れている"];
const NOTHING = { producedBy: "test", parents: [], codeDigest: "", configDigest: "", metrics: {} };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "haqei-open-"));
  mkdirSync(join(folder, "data"));
  writeFileSync(join(folder, "data", "train.tsv"), "1\t引っ越しの相談\n2\t転職の相談\n3\t病院の相談\n");
  writeFileSync(join(folder, "data", "test.tsv"), "1\t引っ越しの話\n");
  writeFileSync(join(folder, "haqei.config.ts"), 'export default { dataset: "data" };');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("offers what two models disagreed on in a shadow run, where its text may be kept, before what they agree on", {
  timeout: 60_000,
}, async () => {
  const home = prepareHome(homeIn(join(folder, "home")));
  const signer = createSigner(newSigningKey());
  const vars = { BLESSING_KEYS: signer.publicKeys.join(",") };
  const edge = await startEdge({ persistence: home.edge, adminSecret: SECRET, port: 0, vars });
  try {
    writeFileSync(home.adminSecretFile, SECRET);
    const temporal = { address: "127.0.0.1:1", namespace: "default" };
    writeFileSync(
      home.endpointsFile,
      JSON.stringify({ temporal, edge: { url: edge.url }, adminSecretFile: home.adminSecretFile }),
    );
    const location = { url: edge.url, adminSecret: SECRET };
    const released = s3Artefacts(localEdgeBucket(location));
    const [current = "", shadow = ""] = await Promise.all(
      [TEXTS, TEXTS.toReversed()].map(async (texts) => {
        const { sha256 } = await released.put("model", tinyModel(texts), NOTHING);
        await released.bless(blessedBy(signer, sha256));
        return sha256;
      }),
    );
    await folderArtefacts(home.artefacts).put("model", tinyModel(TEXTS), NOTHING);
    const pointer = { schema: 1, epoch: 1, current: { sha256: current, version: "v1.0.0" } };
    const client = createEdgeClient(location, signer);
    await client.putPointer(Pointer.parse({ ...pointer, shadow: { sha256: shadow, version: "v1.0.1", sample: 1 } }), 0);

    const post = async (path: string, body: object) =>
      (
        await fetch(edge.url + path, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        })
      ).json();
    const ask = async (text: string, consent: boolean) =>
      (await post("/api/classify", { text, consent })) as ClassifyAnswer;
    const agreed = await ask(TEXTS[1] as string, true);
    expect(agreed.shadow).toBe(true);
    await post("/api/feedback", { id: "one", eventId: agreed.eventId, type: "bounce", at: Date.now() });
    await ask(TEXTS[0] as string, true);
    await ask(TEXTS[2] as string, false);
    await expect.poll(async () => (await client.disagreements()).length).toBe(2);

    const loaded = await loadConfig(join(folder, "haqei.config.ts"));
    const open = await openQueries({ home, loaded }, { days: 30, most: 10, now: Date.now() });
    expect(open.map(({ text, disagreement }) => [text, disagreement])).toEqual([
      [TEXTS[0], 1],
      [TEXTS[1], 0],
    ]);
    expect(open[0]).toMatchObject({ frequency: 1, lang: "ja" });
    expect(open[0]?.candidates.slice(0, 2)).toEqual(["1", "3"]);
  } finally {
    await edge.stop();
  }
});
