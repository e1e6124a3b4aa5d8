import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LoggedEvent } from "#contracts/event.ts";
import type { RunReport } from "#contracts/run.ts";
import { runDemonstration } from "#local/demonstration.ts";
import { logicalDateOf } from "#policy/logical-date.ts";
import { createEdgeClient } from "#stores/edge.ts";
import { startRun } from "#workers/client.ts";
import { dailyDag } from "#workflows/daily-batch.ts";
import {
  findChromium,
  launchChromium,
  NO_CHROMIUM,
  savePicture,
  settled,
  stacked,
  violations,
  visit,
} from "../support/browser.ts";
import { postJson, type System, startSystem } from "../support/system.ts";

/** What a person sees: the page that answers, the pages that draw a run, and the run in the Temporal UI. */

const DATASET = fileURLToPath(new URL("../../datasets", import.meta.url));
const QUICK = fileURLToPath(new URL("../support/quick.config.ts", import.meta.url));
const TODAY = logicalDateOf(Date.now(), "Asia/Tokyo");
const QUESTION = "開業届は出したのに内装の職人が来なくて店が開けられない";
const executable = findChromium();

if (executable === undefined) console.warn(NO_CHROMIUM);

describe.skipIf(executable === undefined)("in a browser", () => {
  let system: System;
  let browser: Browser;
  let run: RunReport;
  let early: { note: string | null; titles: string[] };

  beforeAll(async () => {
    [system, browser] = await Promise.all([
      startSystem({ dataset: DATASET, config: QUICK }),
      launchChromium(executable as string),
    ]);
    await using first = await visit(browser);
    await ask(first.page);
    early = {
      note: await first.page.locator("#note").textContent(),
      titles: await first.page.locator("article h2").allTextContents(),
    };
    await simulateUsers(7);
    run = await startRun(
      system.servers.endpoints,
      { kind: "daily", date: TODAY, seed: 384, release: true },
      { wait: true },
    );
  });
  afterAll(async () => {
    await browser?.close();
    await system?.end();
  });

  const simulateUsers = (seed: number) =>
    runDemonstration({
      edgeUrl: system.servers.endpoints.edge.url,
      queries: system.authored.examples.filter(({ split }) => split === "live"),
      classes: system.authored.classes,
      n: 320,
      seed,
      date: TODAY,
    });

  /** A browser of tests prefers English; the page is asked to speak Japanese. */
  const askPage = () => `${system.servers.endpoints.edge.url}/?lang=ja`;

  async function ask(page: Page): Promise<void> {
    await page.goto(askPage());
    await page.getByLabel("いまの状況").fill(QUESTION);
    await page.getByRole("button", { name: "問う" }).click();
    await page.locator("article").nth(2).waitFor();
  }

  /** Whatever is sent as feedback while `act` goes on, as it then stands in the edge's log. */
  async function loggedBy(page: Page, act: () => Promise<unknown>): Promise<LoggedEvent | undefined> {
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().endsWith("/feedback")),
      act(),
    ]);
    expect(answer.status()).toBe(202);
    const { id } = answer.request().postDataJSON() as { id: string };
    const adminSecret = (await readFile(system.home.adminSecretFile, "utf8")).trim();
    const edge = createEdgeClient({ url: system.servers.endpoints.edge.url, adminSecret });
    for (let after = 0, seen = -1; after !== seen; ) {
      seen = after;
      const { lines, next } = await edge.events(after, 500);
      after = next;
      const found = lines.map((line) => LoggedEvent.parse(JSON.parse(line))).find((event) => event.id === id);
      if (found) return found;
    }
    return undefined;
  }

  describe("the page of the edge", () => {
    it("answers with three lines by name before anything is released, and says that they are the bundled model's", () => {
      expect(early.note).toContain("組み込みのモデル");
      expect(early.titles).toHaveLength(3);
      for (const title of early.titles) expect(title).toMatch(/^\S+　([初上][九六]|[九六][二三四五])$/);
    });

    it("answers with three lines and their readings, takes a thumb and a correction, and complains of nothing", async () => {
      await using visitor = await visit(browser, { viewport: { width: 1000, height: 1000 }, locale: "ja-JP" });
      const { page, complaints } = visitor;
      await ask(page);
      const cards = page.locator("article");
      expect(await cards.count()).toBe(3);
      for (const card of await cards.all()) {
        expect(await card.locator("dt").allTextContents()).toEqual([
          expect.stringContaining("進む"),
          expect.stringContaining("変わる"),
        ]);
        for (const reading of await card.locator("dd").allTextContents()) expect(reading.length).toBeGreaterThan(20);
        expect(await card.locator(".why b").count()).toBeGreaterThan(0);
        expect(await card.locator(".figure").first().locator("g").count()).toBe(6);
        expect(await card.locator(".figure").first().locator("g.here").count()).toBe(1);
      }
      expect(await cards.first().locator(".becomes").textContent()).toMatch(/^変じて.+$/);
      expect(await page.locator("#asked").textContent()).toBe(QUESTION);
      expect(await page.locator("#asked mark").count()).toBeGreaterThan(0);
      await settled(page);
      await page.getByText(run.model?.sha256.slice(0, 12) as string).waitFor();
      await savePicture("ask.png", () => page.screenshot({ fullPage: true }));

      const thumb = cards.first().getByRole("button", { name: "しっくりくる" });
      const liked = await loggedBy(page, () => thumb.click());
      expect(liked).toMatchObject({ type: "thumb", value: 1, served: { model: run.model?.sha256, lang: "ja" } });
      expect(liked?.shownId).toBe(liked?.served.shown[0]);
      expect(liked?.served.text).toBeUndefined();
      await cards.first().getByText("受け取りました").waitFor();
      expect(await thumb.getAttribute("aria-pressed")).toBe("true");
      expect(await thumb.isDisabled()).toBe(true);

      await page.getByText("どれも違う").click();
      await page.getByRole("searchbox", { name: "正しい爻をさがす" }).fill("水雷屯 六二");
      const corrected = await loggedBy(page, () => page.locator("#found button").click());
      expect(corrected).toMatchObject({ type: "correction", correctId: 14, served: liked?.served });
      await page.locator("#correct output").getByText("受け取りました").waitFor();
      expect(complaints).toEqual([]);
    });

    it("keeps the text only where it was allowed to", async () => {
      await using visitor = await visit(browser);
      await visitor.page.goto(askPage());
      await visitor.page.getByRole("checkbox").check();
      await visitor.page.getByLabel("いまの状況").fill(QUESTION);
      await visitor.page.getByRole("button", { name: "問う" }).click();
      const second = visitor.page.locator("article").nth(1);
      const opened = await loggedBy(visitor.page, () => second.locator("summary").click());
      expect(opened).toMatchObject({ type: "click", shownId: opened?.served.shown[1] });
      const disliked = await loggedBy(visitor.page, () =>
        second.getByRole("button", { name: "違う", exact: true }).click(),
      );
      expect(disliked).toMatchObject({ type: "thumb", value: -1, served: { text: QUESTION } });
    });

    it("can be used by keyboard alone", async () => {
      await using visitor = await visit(browser);
      const { page, complaints } = visitor;
      const { keyboard } = page;
      await page.goto(askPage());
      // The first is the choice of language.
      await keyboard.press("Tab");
      await keyboard.press("Tab");
      await keyboard.insertText(QUESTION);
      await keyboard.press("Control+Enter");
      await page.locator("article").nth(2).waitFor();
      for (const focused of ["consent", "ask"]) {
        await keyboard.press("Tab");
        expect(await page.evaluate("document.activeElement.id")).toBe(focused);
      }
      await keyboard.press("Tab");
      expect(await loggedBy(page, () => keyboard.press("Enter"))).toMatchObject({ type: "thumb", value: 1 });

      const correction = () => page.evaluate("document.activeElement.parentElement.id");
      for (let step = 0; (await correction()) !== "correct"; step++) {
        expect(step).toBeLessThan(10);
        await keyboard.press("Tab");
      }
      await keyboard.press("Enter");
      await keyboard.press("Tab");
      await keyboard.type("2-2");
      await page.locator("#found button").waitFor();
      await keyboard.press("Tab");
      expect(await loggedBy(page, () => keyboard.press("Enter"))).toMatchObject({ type: "correction", correctId: 8 });
      expect(complaints).toEqual([]);
    });

    it("finds every line for a correction, by its number and by its name", async () => {
      await using visitor = await visit(browser);
      await visitor.page.goto(askPage());
      await visitor.page.waitForResponse((response) => response.url().includes("/hexagrams"));
      const readings = system.authored.readings?.lines ?? [];
      expect(readings).toHaveLength(384);
      const wanted = readings.map(({ hexagram, position, names, label }) => [
        `${hexagram}-${position}`,
        `${names.ja} ${label}`,
      ]);
      const found = await visitor.page.evaluate<string[][]>(`(async () => {
        const search = document.getElementById("search");
        const first = async (typed) => {
          search.value = typed;
          await search.oninput();
          return document.querySelector("#found b")?.textContent;
        };
        const found = [];
        for (const [number, name] of ${JSON.stringify(wanted)}) found.push([await first(number), await first(name)]);
        return found;
      })()`);
      const titles = readings.map(({ names, label }) => `${names.ja}　${label}`);
      expect(found).toEqual(titles.map((title) => [title, title]));
    });

    it("sends what was done with an answer though the page goes away, and remembers what was asked here alone", async () => {
      await using visitor = await visit(browser);
      const { page } = visitor;
      await ask(page);
      const second = page.locator("article").nth(1);
      const opened = await loggedBy(page, () => second.locator("summary").click());
      const adminSecret = (await readFile(system.home.adminSecretFile, "utf8")).trim();
      const edge = createEdgeClient({ url: system.servers.endpoints.edge.url, adminSecret });
      const before = opened?.seq ?? 0;
      await page.goto("about:blank");
      await expect
        .poll(async () => (await edge.events(before, 100)).lines.map((line) => LoggedEvent.parse(JSON.parse(line))))
        .toContainEqual(
          expect.objectContaining({
            type: "dwell",
            shownId: opened?.shownId,
            served: opened?.served,
            user: opened?.user,
          }),
        );
      await page.goto(askPage());
      await page.locator("#history button").getByText(QUESTION).click();
      await page.locator("article").nth(2).waitFor();
      await page.getByRole("button", { name: "すべて消す" }).click();
      expect(await page.locator("#history").isVisible()).toBe(false);
    });

    it("fits a phone, in the dark as well", async () => {
      await using visitor = await visit(browser, {
        viewport: { width: 390, height: 844 },
        isMobile: true,
        hasTouch: true,
        colorScheme: "dark",
      });
      const { page, complaints } = visitor;
      await ask(page);
      await page.getByText("どれも違う").tap();
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
      await savePicture("ask-phone.png", () => page.screenshot());
      expect(
        await loggedBy(page, () => page.getByRole("button", { name: "しっくりくる" }).first().tap()),
      ).toMatchObject({ type: "thumb", value: 1 });
      const red = (property: string) =>
        page.evaluate<number>(`Number(/\\d+/.exec(getComputedStyle(document.body).${property})[0])`);
      expect(await red("backgroundColor")).toBeLessThan(await red("color"));
      expect(complaints).toEqual([]);
    });

    it("speaks the browser's language, and another where it is chosen, and remembers it", async () => {
      await using visitor = await visit(browser, { locale: "zh-CN" });
      const { page, complaints } = visitor;
      await page.goto(system.servers.endpoints.edge.url);
      await page.getByRole("heading", { name: "问三百八十四爻" }).waitFor();
      await page.locator("#language").selectOption("en");
      await page.getByLabel("Your situation").fill(QUESTION);
      await page.getByRole("button", { name: "Ask" }).click();
      await page.locator("article").nth(2).waitFor();
      expect(await page.locator("article h2").first().textContent()).toMatch(/　Line [1-6], (yang|yin)$/);
      await page.getByText("None of these").click();
      await page.getByRole("searchbox").fill("receptivity yin");
      await page.locator("#found").getByText("Receptivity　Line 1, yin").waitFor();
      await page.locator("#language").selectOption("zh");
      expect(await page.locator("article button").first().textContent()).toBe("很贴切");
      await page.reload();
      expect(await page.evaluate("document.documentElement.lang")).toBe("zh");
      expect(complaints).toEqual([]);
    });

    it("shows help in place of readings to somebody in danger", async () => {
      await using visitor = await visit(browser);
      const { page } = visitor;
      await page.goto(askPage());
      await page.getByLabel("いまの状況").fill("もう死にたい");
      await page.getByRole("button", { name: "問う" }).click();
      await page.locator("article").getByText("0120-783-556").waitFor();
      expect(await page.locator("article").count()).toBe(1);
      expect(await page.locator("article button").count()).toBe(0);
      expect(await page.getByRole("link", { name: "0120-783-556" }).getAttribute("href")).toBe("tel:0120-783-556");
    });

    it("says what went wrong, and can be asked again", async () => {
      await using visitor = await visit(browser);
      const { page } = visitor;
      await page.goto(askPage());
      await page.route("**/classify", (route) => route.abort(), { times: 1 });
      expect(await page.locator("#examples button").count()).toBe(3);
      await page.getByLabel("いまの状況").fill(QUESTION);
      await page.getByRole("button", { name: "問う" }).click();
      await page.getByRole("status").getByText("うまくいきませんでした：つながりません").first().waitFor();
      await page.locator("#examples button").first().click();
      await page.locator("article").nth(2).waitFor();
      expect(await page.locator("#examples").isVisible()).toBe(false);
      expect(await page.locator("#note").textContent()).not.toContain("うまくいきません");
    });
  });

  describe("the operators' dashboard", () => {
    async function enter(page: Page, language: string): Promise<void> {
      await page.goto(`${system.servers.endpoints.edge.url}/dashboard?lang=${language}`);
      await page.locator("#token").fill((await readFile(system.home.adminSecretFile, "utf8")).trim());
      await page.keyboard.press("Enter");
      await page.locator("#traffic canvas").waitFor();
    }

    it("shows nothing without a token, and nothing of a wrong one", async () => {
      await using visitor = await visit(browser);
      const { page } = visitor;
      await page.goto(`${system.servers.endpoints.edge.url}/dashboard?lang=en`);
      await page.getByLabel("Operator's token").fill("wrong");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("alert").getByText("does not open").waitFor();
      expect(await page.locator("#board").isVisible()).toBe(false);
      expect(await page.evaluate("sessionStorage.getItem('haqei-operator')")).toBeNull();
    });

    it("shows what happens while it happens, as the edge counts it, and forgets the token when told to", async () => {
      await using visitor = await visit(browser, { viewport: { width: 1280, height: 900 } });
      const { page, complaints } = visitor;
      await enter(page, "en");
      await page
        .getByText(run.model?.sha256.slice(0, 12) as string)
        .first()
        .waitFor();
      await page.locator("#accuracy .interval").first().waitFor();
      expect(await page.locator("#accuracy td.number").last().textContent()).toMatch(/^[1-9]/);
      await page.locator("#audit code", { hasText: "PUT /admin/pointer" }).first().waitFor();
      const counted = async () =>
        Number(/([\d,]+) in all/.exec((await page.locator(".tile").nth(1).textContent()) ?? "")?.[1]?.replace(",", ""));
      const before = await counted();
      for (let n = 0; n < 5; n += 1)
        await postJson(`${system.servers.endpoints.edge.url}/api/classify`, { text: `${QUESTION}${n}` });
      await expect.poll(counted, { timeout: 10_000 }).toBeGreaterThanOrEqual(before + 5);
      await page.locator("#buckets td", { hasText: "current" }).waitFor();
      await savePicture("dashboard.png", async () => {
        for (let seed = 8; seed < 14; seed += 1) await simulateUsers(seed);
        return page.screenshot({ fullPage: true });
      });
      expect(complaints).toEqual([]);
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.reload();
      await page.getByLabel("Operator's token").waitFor();
    });

    it("fits a phone and speaks three languages", async () => {
      await using visitor = await visit(browser, { viewport: { width: 390, height: 844 }, isMobile: true });
      const { page } = visitor;
      await enter(page, "zh");
      for (const [language, title] of [
        ["zh", "模型"],
        ["ja", "モデル"],
        ["en", "Models"],
      ] as const) {
        await page.locator("#language").selectOption(language);
        expect(await page.locator("#models-title").textContent()).toBe(title);
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
      }
    });

    it.each(["light", "dark"] as const)(
      "breaks no rule of accessibility, nor does the page that answers (%s)",
      async (colorScheme) => {
        await using visitor = await visit(browser, { colorScheme, bypassCSP: true, reducedMotion: "reduce" });
        const { page } = visitor;
        await page.goto(`${system.servers.endpoints.edge.url}/dashboard?lang=ja`);
        expect(await violations(page)).toEqual([]);
        await enter(page, "en");
        await page.locator("#audit table").waitFor();
        expect(await violations(page)).toEqual([]);
        await ask(page);
        await page.locator("article").nth(1).locator("summary").click();
        await page.getByText("どれも違う").click();
        await page.getByRole("searchbox").fill("乾為天");
        await page.locator("#found button").first().waitFor();
        expect(await violations(page)).toEqual([]);
      },
    );
  });

  it("draws the runs, and a run's stages as a picture", async () => {
    await using visitor = await visit(browser, { viewport: { width: 1400, height: 900 } });
    const { page, complaints } = visitor;
    await page.goto(system.servers.endpoints.metrics?.url as string);
    const row = page.getByRole("row").filter({ hasText: run.workflowId });
    for (const text of ["completed", "promote, first-model", run.model?.sha256.slice(0, 12) as string])
      expect(await row.textContent()).toContain(text);
    expect(await row.getByRole("link", { name: "Temporal UI" }).getAttribute("href")).toBe(run.url);
    await row.getByRole("link", { name: run.workflowId }).click();
    await page.getByRole("heading", { name: run.workflowId }).waitFor();
    for (const { name, summary } of run.stages) {
      await page.locator("svg text", { hasText: name }).waitFor();
      expect(await page.getByRole("row").filter({ hasText: name }).textContent()).toContain(summary);
    }
    const box = await page.locator("svg").boundingBox();
    expect(box?.width).toBeGreaterThan(1000);
    expect(complaints).toEqual([]);
    await savePicture("run.png", () => page.screenshot({ fullPage: true }));

    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
  });

  it("is a run that can be read in the Temporal UI: summary, table of stages, what each activity works on", async () => {
    await using visitor = await visit(browser, { viewport: { width: 1600, height: 1300 } });
    const { page } = visitor;
    await page.goto(run.url as string);
    await page.getByTestId("workflow-id-heading").getByText(run.workflowId).waitFor();
    await page.getByTestId("user-metadata-tab").click();
    const frame = (part: string) => page.frameLocator(`iframe#user-metadata-${part}`);
    await frame("summary").getByText(`daily batch for ${TODAY}`).waitFor();
    await frame("details").getByText(`Learns from events up to ${TODAY}`).waitFor();
    const rows = frame("current-details").locator("tr");
    for (const { name } of dailyDag.stages) await rows.filter({ hasText: name }).filter({ hasText: "ran" }).waitFor();
    await rows.filter({ hasText: "top-1 (" }).waitFor();
    await frame("current-details").getByRole("link", { name: "Picture of the stages" }).waitFor();
    const details = await shotOf(page, 64, await bottomOf(page, '[data-testid="user-metadata"]'));

    await page.getByTestId("timeline-tab").click();
    const trained = page.getByText(/train: [\d,]+ examples/).first();
    await trained.waitFor();
    expect(await trained.textContent()).toContain(
      `train: ${Number(run.metrics["preprocess.train"]).toLocaleString("en-US")} examples`,
    );
    await page.getByRole("button", { name: "Descending" }).click();
    const last = await page.getByText("distribute: promote").first().boundingBox();
    const top = await page.getByTestId("toggle-idle-time").boundingBox();
    // Below the last row stand the times of the axis.
    const timeline = await shotOf(page, (top?.y ?? 0) - 16, (last?.y ?? 0) + 110);

    await page.getByTestId("history-tab").click();
    await page
      .getByText(/train: [\d,]+ examples/)
      .first()
      .waitFor();
    await savePicture("temporal-run.png", () => stacked(browser, [details, timeline]));
  });
});

/** The Temporal UI beside its navigation, between two heights. */
async function shotOf(page: Page, top: number, bottom: number): Promise<Buffer> {
  const { x, width } = (await page.locator("#content").boundingBox()) as { x: number; width: number };
  return page.screenshot({ clip: { x, y: top, width, height: bottom - top } });
}

async function bottomOf(page: Page, selector: string): Promise<number> {
  const box = await page.locator(selector).boundingBox();
  return (box?.y ?? 0) + (box?.height ?? 0) + 16;
}
