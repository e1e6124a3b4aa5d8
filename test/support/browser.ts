import { accessSync, constants } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { InputError } from "#contracts/errors.ts";

export const NO_CHROMIUM =
  "No Chromium was found, so nothing was tried in a browser. Install one (Debian: apt-get install chromium fonts-noto-cjk) or name one in HAQEI_CHROMIUM.";

/** Path of a Chromium: HAQEI_CHROMIUM, else what lies on PATH. @throws InputError where the variable names none */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env.HAQEI_CHROMIUM) {
    if (isExecutable(env.HAQEI_CHROMIUM)) return env.HAQEI_CHROMIUM;
    throw new InputError(
      `HAQEI_CHROMIUM names ${env.HAQEI_CHROMIUM}, which cannot be run`,
      "Name an executable file, or unset it.",
    );
  }
  const folders = (env.PATH ?? "").split(delimiter).filter(Boolean);
  return ["chromium", "google-chrome"]
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export const launchChromium = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

interface Visit extends AsyncDisposable {
  page: Page;
  /** What the page complained of on its console, and errors that it did not catch. */
  complaints: string[];
}

/** A page of its own that can reach this machine only. Pages of the outer world (a news feed, say) stay unanswered. */
export async function visit(browser: Browser, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ locale: "en-US", timezoneId: "Asia/Tokyo", ...options });
  await context.route(
    ({ hostname }) => hostname !== "127.0.0.1",
    (route) => route.abort(),
  );
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** Writes a picture for the documentation, where HAQEI_SAVE_PICTURES is set. */
export async function savePicture(name: string, take: () => Promise<Buffer>): Promise<void> {
  if (!process.env.HAQEI_SAVE_PICTURES) return;
  const folder = fileURLToPath(new URL("../../docs/images", import.meta.url));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), await take());
}

/** Waits until nothing moves any more. */
export const settled = (page: Page): Promise<unknown> =>
  page.evaluate("Promise.all(document.getAnimations().map((animation) => animation.finished))");

/** Rules of accessibility that the page breaks, by axe-core, with the places. */
export async function violations(page: Page): Promise<{ rule: string; places: string[] }[]> {
  await page.evaluate(axe.source);
  return page.evaluate(
    "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => ({ rule: id, places: nodes.map(({ target }) => target.join(' ')) })))",
  );
}

/** Pictures one under the other, on one sheet. */
export async function stacked(browser: Browser, pictures: readonly Buffer[]): Promise<Buffer> {
  await using sheet = await visit(browser);
  const images = pictures.map((png) => `<img src="data:image/png;base64,${png.toString("base64")}">`);
  await sheet.page.setContent(`<style>body{margin:0;display:inline-block}img{display:block}</style>${images.join("")}`);
  return await sheet.page.locator("body").screenshot();
}
