import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "tests/e2e",
  outputDir: "test-results",
  // One server restores for all of them, and it is slow on few cores.
  workers: 1,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  timeout: 600_000,
  expect: { timeout: 90_000 },
  reporter: "list",
  use: {
    viewport: { width: 1280, height: 800 },
    locale: "en",
    actionTimeout: 20_000,
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      // Chromium's own sandbox does not start for root, as in containers.
      args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    },
  },
});
