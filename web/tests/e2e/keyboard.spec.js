import { choose, expect, previewed, SMALL, tabTo, test } from "./page.js";

test("everything is done with the keyboard alone", async ({ open: page }) => {
  const button = (name) => page.getByRole("button", { name, exact: true });
  await tabTo(page, button("Choose photographs"));
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.keyboard.press("Enter")]);
  await chooser.setFiles(SMALL);
  await previewed(page);

  const frame = page.getByRole("group", { name: /Part that is previewed/ });
  await tabTo(page, frame);
  await page.keyboard.press("+");
  await expect(frame).toHaveAccessibleName(/96 by 96 pixels at 12, 12/);
  await page.keyboard.press("ArrowRight");
  await expect(frame).toHaveAccessibleName(/at 24, 12/);
  await previewed(page);
  const line = page.getByRole("slider", { name: "Line between before and after" });
  await tabTo(page, line);
  await page.keyboard.press("ArrowLeft");
  await expect(line).toHaveAttribute("aria-valuenow", "48");

  await tabTo(page, button("Restore"));
  await page.keyboard.press("Enter");
  // What had the focus goes away twice, and each time its successor has it.
  await expect(page.getByRole("link", { name: /^Download/ })).toBeFocused();

  const canvas = page.getByRole("application");
  await expect(page.getByText("Opening", { exact: true })).toBeHidden();
  await canvas.focus();
  const zoom = page.getByRole("button", { name: /Show at 100 %/ });
  const before = await zoom.textContent();
  await page.keyboard.press("+");
  await expect(zoom).not.toHaveText(before ?? "");

  const tab = page.getByRole("tab", { name: "Result" });
  await tab.focus();
  await page.keyboard.press("ArrowLeft");
  await expect(page.getByRole("tab", { name: "Preview" })).toBeFocused();
  await previewed(page);
});

test("a photograph is removed after a question, and the page keeps the focus", async ({ open: page }) => {
  await choose(page, SMALL);
  await previewed(page);
  await page.getByRole("button", { name: "Restore", exact: true }).click();
  await page.getByRole("button", { name: "Remove photo.png" }).click();
  await expect(page.getByRole("heading", { name: "Remove photo.png?" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Remove photo.png" })).toBeFocused();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Drop photographs here" })).toBeVisible();
  await expect(page.locator("#work")).toBeFocused();
});
