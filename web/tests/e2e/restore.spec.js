import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ANOTHER, card, choose, drop, expect, PENS, previewed, restore, SMALL, test } from "./page.js";
import { ENVIRONMENT, PYTHON } from "./server.js";

/** @param {import("@playwright/test").Locator} link @returns {Promise<[name: string, content: Buffer]>} */
async function taken(link) {
  const [download] = await Promise.all([link.page().waitForEvent("download"), link.click()]);
  return [download.suggestedFilename(), readFileSync(await download.path())];
}

/** @param {string} photo @param {...string} options @returns {Buffer} what the command makes of it */
function commanded(photo, ...options) {
  const out = join(mkdtempSync(join(tmpdir(), "blindsr-command-")), "result.png");
  execFileSync(PYTHON, ["-m", "blindsr", "upscale", photo, "-o", out, ...options], { env: ENVIRONMENT, stdio: "pipe" });
  return readFileSync(out);
}

test("a photograph is dropped, looked at, previewed, restored, compared and taken", async ({ open: page }) => {
  await drop(page, SMALL);
  await expect(page.getByRole("heading", { name: "photo.png" })).toBeVisible();
  await expect(card(page).getByText("Best restored with")).toBeVisible();
  await expect(card(page).locator("canvas[data-kind=blur]")).toBeVisible();
  await previewed(page);

  await restore(page);
  const handle = page.getByRole("slider", { name: "Line between before and after" });
  await expect(handle).toBeVisible();
  const box = await page.locator(".viewer .pair").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 4, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  await expect(handle).toHaveAttribute("aria-valuenow", "25");

  const [name, content] = await taken(page.getByRole("link", { name: /^Download/ }));
  expect(name).toMatch(/^photo.*\.png$/);
  expect(content.equals(commanded(SMALL))).toBe(true);
  const [, report] = await taken(page.getByRole("link", { name: "Report" }));
  expect(JSON.parse(report.toString())).toBeTruthy();
  await expect(page.locator(".command code")).toContainText("blindsr upscale");
});

test("the frame is dragged, and the part follows", async ({ open: page }) => {
  await choose(page, PENS);
  await previewed(page);
  const frame = page.getByRole("group", { name: /Part that is previewed/ });
  await expect(frame).toHaveAccessibleName(/at 160, 160$/);
  const asked = page.waitForRequest((request) => request.url().endsWith("/v1/preview"));
  const box = await frame.boundingBox();
  await page.mouse.move(box.x + 5, box.y + 5);
  await page.mouse.down();
  await page.mouse.move(box.x - 45, box.y - 45, { steps: 5 });
  await page.mouse.up();
  await expect(frame).not.toHaveAccessibleName(/at 160, 160$/);
  const { region } = (await asked).postDataJSON();
  expect(region[0]).toBeLessThan(160);
  await previewed(page);
});

test("what is set is what is done, and two results come as a zip", async ({ open: page }) => {
  await choose(page, SMALL, ANOTHER);
  await previewed(page);
  await page.getByLabel("Model", { exact: true }).selectOption("cmdsr_x4.photo");
  await page.getByRole("button", { name: "2×" }).click();
  await page.getByRole("slider", { name: "Denoise" }).fill("0.5");
  await page.getByRole("slider", { name: "Strength" }).fill("0.8");
  await expect(page.getByText("To 240 × 240")).toBeVisible();
  await restore(page);
  const [, content] = await taken(page.getByRole("link", { name: /^Download/ }));
  const options = ["-m", "cmdsr_x4.photo", "--scale", "2", "--denoise", "0.5", "--strength", "0.8"];
  expect(content.equals(commanded(SMALL, ...options))).toBe(true);

  await page.getByRole("button", { name: /another/ }).click();
  await restore(page);
  const [name, zip] = await taken(page.getByRole("link", { name: /Download all/ }));
  expect(name).toBe("restored.zip");
  expect(zip.subarray(0, 2).toString()).toBe("PK");
});

test("settings that a model does not take are not shown", async ({ open: page }) => {
  await choose(page, SMALL);
  await previewed(page);
  await expect(page.getByRole("slider", { name: "Denoise" })).toBeVisible();
  await page.getByLabel("Model", { exact: true }).selectOption("cmdsr_x4.classic");
  await expect(page.getByRole("slider", { name: "Denoise" })).toBeHidden();
  await expect(page.getByRole("slider", { name: "Strength" })).toBeVisible();
});

test("holding a key shows what was before", async ({ open: page }) => {
  await choose(page, SMALL);
  await previewed(page);
  const after = page.getByAltText("The part after restoration");
  await page.keyboard.down("b");
  await expect(after).toBeHidden();
  await page.keyboard.up("b");
  await expect(after).toBeVisible();
});

test("a result that is smaller than the view is shown at 100 %, and all of it again", async ({ open: page }) => {
  await page.setViewportSize({ width: 1440, height: 1000 });
  await choose(page, SMALL);
  await previewed(page);
  await restore(page);
  await expect(page.getByText("Opening", { exact: true })).toBeHidden();
  const zoom = page.getByRole("button", { name: /Show at 100 %/ });
  await page.getByRole("button", { name: "Show all" }).click();
  await expect(zoom).not.toHaveText(/now at 100 %\s*$/);
  const all = (await zoom.textContent()) ?? "";
  expect(Number(/now at (\d+) %/.exec(all)?.[1])).toBeGreaterThan(125); // the viewer alone would stop at 0.8 of it
  await zoom.click();
  await expect(zoom).toHaveText(/now at 100 %\s*$/);
  await page.getByRole("application").focus();
  await page.keyboard.press("ArrowRight"); // after which the view goes back to where it may be
  await page.getByRole("button", { name: "Zoom in" }).click();
  await page.getByRole("button", { name: "Zoom out" }).click();
  await expect(zoom).toHaveText(/now at 100 %\s*$/);
  await page.getByRole("button", { name: "Show all" }).click();
  await expect(zoom).toHaveText(all);
});

test("the map of what a result does not explain is faded in", async ({ open: page }) => {
  await choose(page, SMALL);
  await page.getByLabel("Model", { exact: true }).selectOption("dmsr_x2.light");
  await previewed(page);
  await restore(page);
  await expect(page.getByText("Opening", { exact: true })).toBeHidden();
  const view = page.locator(".deep canvas");
  const without = await view.screenshot();
  const sent = page.waitForResponse((response) => response.url().endsWith("/map"));
  const fade = page.getByRole("slider", { name: "Doubtful parts" });
  await fade.fill("0.7");
  expect((await sent).status()).toBe(200);
  await expect.poll(async () => (await view.screenshot()).equals(without)).toBe(false);
  await fade.fill("0");
  await expect.poll(async () => (await view.screenshot()).equals(without)).toBe(true);
});
