import { ANOTHER, choose, CORRUPT, expect, LARGE, previewed, restore, SMALL, test } from "./page.js";

/** @param {string} detail @param {number} [status] @param {Record<string, string>} [headers] */
const problem = (detail, status = 500, headers = {}) => ({
  status,
  headers,
  contentType: "application/problem+json",
  body: JSON.stringify({ type: "about:blank", title: "Problem", status, detail }),
});

test("a file that is no photograph says so, and others are not stopped by it", async ({ open: page, complaints }) => {
  await choose(page, CORRUPT, SMALL);
  await expect(page.getByRole("heading", { name: "This photograph cannot be restored" })).toBeVisible();
  await expect(page.getByRole("alert").filter({ hasText: "corrupt.jpg" }).first()).toBeVisible();
  await page.getByRole("button", { name: "Remove it from the list" }).click();
  await previewed(page);
  await expect(page.getByRole("navigation", { name: "Photographs" }).getByRole("button")).toHaveCount(1);
  complaints.length = 0; // the browser's own word for the refusal
});

test("a full queue is waited for", async ({ open: page, complaints }) => {
  await choose(page, SMALL);
  await previewed(page);
  let refused = 0;
  await page.route("**/v1/jobs", (route) => {
    if (route.request().method() !== "POST" || refused++) return route.fallback();
    return route.fulfill(problem("the queue is full", 429, { "Retry-After": "1" }));
  });
  await page.getByRole("button", { name: "Restore", exact: true }).click();
  await expect(page.locator(".restore").getByText("Waiting: the queue is full")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Restored", exact: true })).toBeVisible();
  complaints.length = 0;
});

test("a preview or a job that fails says why, and can be tried again", async ({ open: page, complaints }) => {
  await page.route("**/v1/preview", (route) => route.fulfill(problem("the worker ran out of memory")), { times: 1 });
  await choose(page, SMALL);
  await expect(page.getByText("The worker ran out of memory.")).toBeVisible();
  await page.getByRole("button", { name: "Try again" }).click();
  await previewed(page);

  await page.route("**/v1/jobs", (route) => route.fulfill(problem("expected a scale above 0", 422)), { times: 1 });
  await page.getByRole("button", { name: "Restore", exact: true }).click();
  await expect(page.getByText("photo.png: Expected a scale above 0.")).toBeVisible();
  await restore(page);
  complaints.length = 0;
});

test("a page without a token says where to find it", async ({ page, server }) => {
  await page.route("**/v1/**", (route) => route.fulfill(problem("a token is needed", 401)));
  await page.goto(server.url);
  await expect(page.getByRole("heading", { name: "This server requires a token" })).toBeVisible();
});

test("what runs is found again after a reload, and can be cancelled", async ({ open: page }) => {
  await choose(page, LARGE, ANOTHER);
  await expect(page.getByText("To 1920 × 1920")).toBeVisible();
  await page.getByText("More settings").click();
  await page.getByLabel("Average of eight orientations").check();
  await page.getByRole("button", { name: "Restore", exact: true }).click();
  await expect(page.getByRole("button", { name: "Cancel" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("navigation", { name: "Photographs" }).getByRole("button")).toHaveCount(2);
  await page
    .getByRole("button", { name: /original.jpg/ })
    .first()
    .click();
  await expect(page.getByRole("progressbar", { name: "Progress" })).toBeVisible();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("button", { name: "Restore", exact: true })).toBeVisible();
  await page.getByText("More settings").click();
  await expect(page.getByLabel("Average of eight orientations")).toBeChecked();
});

test("a server that is killed is missed, and found again with its results", async ({
  open: page,
  server,
  complaints,
}) => {
  await choose(page, SMALL);
  await previewed(page);
  await restore(page);
  await server.stop("SIGKILL");
  await expect(page.locator(".banner")).toContainText("The server does not respond.");
  await server.start();
  await expect(page.locator(".banner")).toBeHidden();
  await expect(page.getByRole("link", { name: /^Download/ })).toBeVisible();
  complaints.length = 0;
});

test("what is added while the server is away is sent when it is back", async ({ open: page, server, complaints }) => {
  await choose(page, SMALL);
  await previewed(page);
  const list = page.getByRole("navigation", { name: "Photographs" });
  try {
    await server.stop("SIGKILL");
    await expect(page.locator(".banner")).toBeVisible();
    expect((await page.locator(".banner use").boundingBox())?.width).toBeGreaterThan(0);
    await expect(page.getByRole("button", { name: "Restore", exact: true })).toBeDisabled();
    await page.getByRole("button", { name: "Smaller part" }).click();
    await expect(page.locator(".lens-failed")).toBeVisible();
    await choose(page, ANOTHER);
    await expect(page.getByRole("heading", { name: "This photograph was not sent yet" })).toBeVisible();
    await expect(list.getByRole("button", { name: /another/ })).toContainText("Not sent yet");
    await list.getByRole("button", { name: "photo.png" }).click();
  } finally {
    await server.start();
  }
  await previewed(page);
  await expect(page.locator(".banner")).toBeHidden();
  await list.getByRole("button", { name: /another/ }).click();
  await previewed(page);
  await expect(page.getByRole("button", { name: "Restore", exact: true })).toBeEnabled();
  for (const picture of await list.locator("img").all()) await expect(picture).toBeVisible();
  complaints.length = 0;
});
