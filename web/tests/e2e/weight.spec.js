import { choose, expect, previewed, restore, SMALL, test } from "./page.js";

const BUDGET = 150_000;

test("the page weighs little and asks nobody else", async ({ page, server, context }) => {
  await server.clear();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  const addresses = new Map();
  let weight = 0;
  session.on("Network.requestWillBeSent", ({ requestId, request }) => addresses.set(requestId, request.url));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (!addresses.get(requestId)?.includes("/v1/")) weight += encodedDataLength;
  });
  await page.goto(server.url);
  await choose(page, SMALL);
  await previewed(page);
  await restore(page);
  await expect(page.getByText("Opening", { exact: true })).toBeHidden();
  const own = (address) => address.startsWith(server.url) || /^(blob|data):/.test(address);
  expect([...addresses.values()].filter((address) => !own(address))).toEqual([]);
  console.log(`The page weighs ${weight} bytes.`);
  expect(weight).toBeGreaterThan(10_000);
  expect(weight).toBeLessThan(BUDGET);
});
