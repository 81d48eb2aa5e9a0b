/**
 * Each state at each width in both schemes: a picture to look at, nothing that axe objects to, nothing cut off.
 */
import AxeBuilder from "@axe-core/playwright";
import { ANOTHER, choose, CORRUPT, expect, PENS, previewed, restore, SMALL, test } from "./page.js";

const WIDTHS = { phone: [360, 740], tablet: [820, 1100], desktop: [1440, 900] };
const SCHEMES = /** @type {const} */ (["light", "dark"]);

/** @param {import("@playwright/test").Page} page @param {string} state */
async function look(page, state) {
  for (const scheme of SCHEMES) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    for (const [name, [width, height]] of Object.entries(WIDTHS)) {
      await page.setViewportSize({ width, height });
      await page.screenshot({ path: `pictures/${state}-${name}-${scheme}.png` });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide, `${state} at ${width} pixels`).toBeLessThanOrEqual(width);
    }
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.filter((one) => ["serious", "critical"].includes(one.impact ?? ""));
    expect(found.map((one) => `${state}: ${one.help}: ${one.nodes.map((node) => node.html)}`)).toEqual([]);
  }
}

test("an empty page", async ({ open: page }) => {
  await look(page, "1-empty");
});

test("photographs of all states", async ({ open: page, complaints }) => {
  test.setTimeout(400_000);
  await choose(page, SMALL, PENS, CORRUPT);
  await previewed(page);
  await look(page, "2-ready");
  await page.getByText("More settings").click();
  await page.getByRole("radio", { name: "Fit into" }).check();
  await look(page, "3-settings");
  await page.getByRole("radio", { name: "Factor" }).check();
  await restore(page);
  await expect(page.getByText("Opening", { exact: true })).toBeHidden();
  await look(page, "4-restored");
  await page.getByRole("button", { name: /corrupt/ }).click();
  await look(page, "5-corrupt");
  complaints.length = 0;
});

test("jobs that run and that fail", async ({ open: page }) => {
  test.setTimeout(400_000);
  const answer = (state, more) => (route) => {
    const { photo, options } = route.request().postDataJSON();
    const job = { id: state, photo, options, name: "photo.png", state, progress: 0.4, seconds_left: 42, ...more };
    return route.fulfill({ status: 202, json: job });
  };
  await choose(page, SMALL, PENS);
  await page.route("**/v1/jobs", answer("running", {}), { times: 1 });
  await page
    .getByRole("button", { name: /photo.png/ })
    .first()
    .click();
  await previewed(page);
  await page.getByRole("button", { name: "Restore", exact: true }).click();
  await expect(page.locator(".restore").getByText("About 45 s left")).toBeVisible();
  await look(page, "6-running");
  await page.route("**/v1/jobs", answer("failed", { error: { detail: "it took longer than 10 minutes" } }), {
    times: 1,
  });
  await page
    .getByRole("button", { name: /pens_iso3200/ })
    .first()
    .click();
  await page.getByRole("button", { name: "Restore", exact: true }).click();
  await expect(page.getByRole("alert").filter({ hasText: "It took longer than 10 minutes." })).toBeVisible();
  await look(page, "7-failed");
});

test("a server that is away", async ({ open: page, server, complaints }) => {
  test.setTimeout(400_000);
  await choose(page, SMALL);
  await previewed(page);
  try {
    await server.stop("SIGKILL");
    await expect(page.locator(".banner")).toBeVisible();
    await look(page, "8-away");
    await choose(page, ANOTHER);
    await expect(page.getByRole("heading", { name: "This photograph was not sent yet" })).toBeVisible();
    await look(page, "9-not-sent");
  } finally {
    await server.start();
  }
  complaints.length = 0;
});

test("a finger moves the frame and the line", async ({ browser, server }) => {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  const page = await context.newPage();
  await server.clear();
  await page.goto(server.url);
  await choose(page, PENS);
  await previewed(page);
  const frame = page.getByRole("group", { name: /Part that is previewed/ });
  const photo = await page.getByAltText("The whole photograph").boundingBox();
  await page.touchscreen.tap(photo.x + 20, photo.y + 20);
  await expect(frame).toHaveAccessibleName(/at 0, 0$/);
  await previewed(page);
  await page.locator(".lens").scrollIntoViewIfNeeded();
  const lens = await page.locator(".lens").boundingBox();
  await page.touchscreen.tap(lens.x + lens.width / 4, lens.y + 80);
  await expect(page.getByRole("slider", { name: "Line between before and after" })).toHaveAttribute(
    "aria-valuenow",
    "25",
  );
  await context.close();
});
