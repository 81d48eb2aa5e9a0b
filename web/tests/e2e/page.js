/**
 * What all tests of the page share: the server, a page that notices every mistake, and a person's steps.
 */
import { test as base, expect } from "@playwright/test";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { EXAMPLES, Server } from "./server.js";

export { expect };

export const SMALL = join(EXAMPLES, "photo.png");
export const PENS = join(EXAMPLES, "pens_iso3200.jpg");
export const LARGE = join(EXAMPLES, "original.jpg");
export const ANOTHER = { name: "another.png", mimeType: "image/png", buffer: readFileSync(SMALL) };
export const CORRUPT = {
  name: "corrupt.jpg",
  mimeType: "image/jpeg",
  buffer: Buffer.from("\xff\xd8\xff\xe0 no photograph", "latin1"),
};

export const test = base.extend({
  server: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads what a fixture needs off its pattern
    async ({}, use) => {
      const server = await Server.make();
      await use(server);
      await server.end();
    },
    { scope: "worker", timeout: 240_000 },
  ],
  /** What the browser complained about; tests that provoke complaints empty it. */
  complaints: async ({ page }, use) => {
    const complaints = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    await use(complaints);
    expect(complaints).toEqual([]);
  },
  /** The page, opened. */
  open: async ({ page, server, complaints }, use) => {
    void complaints;
    await server.clear();
    page.on("filechooser", () => undefined); // dialogs are intercepted from now on: a key is faster than a request to do so
    await page.goto(server.url);
    await expect(page.getByRole("button", { name: "Choose photographs" })).toBeVisible();
    await use(page);
  },
});

/** @param {import("@playwright/test").Page} page @param {...(string | object)} files by the file dialog */
export async function choose(page, ...files) {
  const button = page.getByRole("button", { name: /Choose photographs|Add/ }).first();
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), button.click()]);
  const held = (/** @type {any} */ file) => ({ name: basename(file), mimeType: "", buffer: readFileSync(file) });
  await chooser.setFiles(files.map((file) => (typeof file === "string" ? held(file) : file)));
}

/** @param {import("@playwright/test").Page} page @param {string} file as if it were dragged here from a folder */
export async function drop(page, file) {
  const content = readFileSync(file).toString("base64");
  const transfer = await page.evaluateHandle(
    ([text, name]) => {
      const moved = new DataTransfer();
      moved.items.add(new File([Uint8Array.from(atob(text), (one) => one.charCodeAt(0))], name));
      return moved;
    },
    [content, basename(file)],
  );
  for (const type of ["dragenter", "dragover", "drop"])
    await page.dispatchEvent("body", type, { dataTransfer: transfer });
}

/**
 * Go on with the tabulator, as someone without a mouse.
 *
 * @param {import("@playwright/test").Page} page
 * @param {import("@playwright/test").Locator} target
 */
export async function tabTo(page, target) {
  for (let step = 0; step < 60; step++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`the tabulator does not come to ${target}`);
}

/** @param {import("@playwright/test").Page} page */
export const card = (page) => page.getByRole("region", { name: "What was found" });

/** @param {import("@playwright/test").Page} page until the region is restored */
export const previewed = (page) =>
  expect(page.getByAltText("The part after restoration")).toBeVisible({ timeout: 200_000 });

/** @param {import("@playwright/test").Page} page */
export async function restore(page) {
  await page.getByRole("button", { name: "Restore", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Restored", exact: true })).toBeVisible({ timeout: 200_000 });
}
