// The built documentation in a browser: nothing from elsewhere, readable on a phone, every link leads somewhere.
import { createReadStream, existsSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath, pathToFileURL } from "node:url";
import { extname, join, relative } from "node:path";

import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";

const site = fileURLToPath(new URL("../../../docs/_build/", import.meta.url));
const pictures = fileURLToPath(new URL("../../pictures/", import.meta.url));

/** Pages of the site; those of its machinery are left out. */
function pages(folder = site) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name.startsWith("_") ? [] : pages(path);
    return entry.name.endsWith(".html") ? [path] : [];
  });
}

const all = existsSync(site) ? pages() : [];

test("the site is built", () => {
  expect(all.length).toBeGreaterThan(30);
});

for (const [width, colorScheme] of [
  [360, "light"],
  [360, "dark"],
  [1280, "light"],
]) {
  test(`pages at ${width} pixels, ${colorScheme}`, async ({ browser }) => {
    const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
    const page = await context.newPage();
    const elsewhere = [];
    const wrong = [];
    page.on("request", (request) => {
      if (!/^(file|data):/.test(request.url())) elsewhere.push(request.url());
    });
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    for (const path of all) {
      await page.goto(pathToFileURL(path).href);
      const found = await page.evaluate(() => ({
        wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        broken: [...document.images].filter((one) => !one.complete || one.naturalWidth === 0).map((one) => one.src),
        background: getComputedStyle(document.body).backgroundColor,
      }));
      expect(found.wide, `${relative(site, path)} is wider than the window`).toBeLessThanOrEqual(0);
      expect(found.broken, relative(site, path)).toEqual([]);
      const bright = Number(/\d+/.exec(found.background)?.[0]) > 127;
      expect(bright, `${relative(site, path)} in ${colorScheme}`).toBe(colorScheme === "light");
    }
    expect(elsewhere).toEqual([]);
    expect(wrong).toEqual([]);
    await context.close();
  });
}

test("every link within the site leads to a page and a heading that exist", async ({ page }) => {
  const wanted = new Map();
  const headings = new Map();
  for (const path of all) {
    await page.goto(pathToFileURL(path).href);
    const found = await page.evaluate(() => ({
      links: [...document.links].map((one) => one.href),
      names: [...document.querySelectorAll("[id]")].map((one) => one.id),
    }));
    headings.set(pathToFileURL(path).href, new Set(found.names));
    for (const link of found.links.filter((one) => one.startsWith("file:"))) wanted.set(link, path);
  }
  const missing = [];
  for (const [link, path] of wanted) {
    const [place, name] = link.split("#");
    const there = existsSync(fileURLToPath(place));
    if (!there || (name && headings.get(place)?.has(decodeURIComponent(name)) === false))
      missing.push(`${relative(site, path)}: ${link}`);
  }
  expect(missing).toEqual([]);
});

test("the border in a picture of the gallery moves", async ({ page }) => {
  await page.goto(pathToFileURL(join(site, "generated", "gallery.html")).href);
  const wipe = page.locator(".wipe").first();
  await wipe.locator("input").fill("800");
  await expect(wipe).toHaveCSS("--at", "80%");
});

const kinds = {
  ".html": "text/html",
  ".css": "text/css",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** The site by HTTP, as any server of files sends it. */
async function served() {
  const server = createServer((request, response) => {
    const path = join(site, decodeURIComponent(new URL(request.url, "http://localhost").pathname));
    if (existsSync(path) && !path.endsWith("/")) {
      response.writeHead(200, { "Content-Type": kinds[extname(path)] ?? "application/octet-stream" });
      createReadStream(path).pipe(response);
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { server, place: `http://127.0.0.1:${server.address().port}/` };
}

test("a photograph is restored in the page, as it is in Python", async ({ page }) => {
  const { server, place } = await served();
  const elsewhere = [];
  const wrong = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(place) && !/^(data|blob):/.test(request.url())) elsewhere.push(request.url());
  });
  page.on("pageerror", (error) => wrong.push(error.message));
  await page.goto(`${place}in-a-page.html`);
  const form = page.locator("#restore");
  await page.getByRole("button", { name: "Restore an example" }).click();
  await expect(form).toHaveAttribute("data-state", /done|failed/, { timeout: 240_000 });
  const told = await form.getByRole("status").textContent();
  expect(told).toContain("512 x 512");
  const difference = await page.evaluate(async () => {
    const canvas = document.querySelector("#restore canvas");
    const script = document.querySelector("script[src*='restore.js']");
    const answer = await fetch(new URL("onnx/example_x4.png", script.src));
    const wanted = await createImageBitmap(await answer.blob());
    const other = new OffscreenCanvas(wanted.width, wanted.height).getContext("2d");
    other.drawImage(wanted, 0, 0);
    const [one, two] = [canvas.getContext("2d"), other].map((from) =>
      from.getImageData(0, 0, wanted.width, wanted.height),
    );
    return one.data.reduce((most, value, at) => Math.max(most, Math.abs(value - two.data[at])), 0);
  });
  expect(difference).toBeLessThanOrEqual(1);

  const small = await page.evaluate(async () => {
    const blob = await new OffscreenCanvas(20, 20).convertToBlob().catch(() => null);
    return blob ? [...new Uint8Array(await blob.arrayBuffer())] : [];
  });
  await form.locator("input").setInputFiles({ name: "a.png", mimeType: "image/png", buffer: Buffer.from(small) });
  await expect(form).toHaveAttribute("data-state", "failed");
  await form.locator("input").setInputFiles({ name: "b.png", mimeType: "image/png", buffer: Buffer.from("none") });
  await expect(form).toHaveAttribute("data-state", "failed");
  expect(elsewhere).toEqual([]);
  expect(wrong).toEqual([]);
  server.close();
});

for (const [name, path] of [
  ["start", "index.html"],
  ["gallery", "generated/gallery.html"],
  ["results", "generated/results.html"],
  ["in-a-page", "in-a-page.html"],
]) {
  test(`${name}: looked at, and open to all`, async ({ browser }) => {
    for (const [width, colorScheme] of [
      [360, "dark"],
      [1280, "light"],
    ]) {
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
      const page = await context.newPage();
      await page.goto(pathToFileURL(join(site, path)).href);
      await page.screenshot({ path: join(pictures, `site-${name}-${width}-${colorScheme}.png`) });
      const { violations } = await new AxeBuilder({ page }).include("article").analyze();
      expect(violations.map((one) => `${one.id}: ${one.nodes[0].html}`)).toEqual([]);
      await context.close();
    }
  });
}
