import assert from "node:assert/strict";
import test from "node:test";
import { gaussian, randomNumbers } from "../../page/lib/draw.js";

test("a Gaussian has its peak in the middle, is symmetric and has the width asked for", () => {
  const kernel = gaussian(1.5, 9);
  assert.equal(kernel[4][4], 1);
  assert.equal(kernel[2][3], kernel[6][5]);
  assert.ok(Math.abs(kernel[4][4 + 3] - Math.exp(-(3 ** 2) / (2 * 1.5 ** 2))) < 1e-12);
});

test("random numbers are the same each time, within [0, 1), and spread", () => {
  const [a, b] = [randomNumbers(7), randomNumbers(7)];
  const drawn = Array.from({ length: 500 }, () => a());
  assert.deepEqual(
    drawn,
    drawn.map(() => b()),
  );
  assert.ok(drawn.every((one) => one >= 0 && one < 1));
  const mean = drawn.reduce((sum, one) => sum + one) / drawn.length;
  assert.ok(Math.abs(mean - 0.5) < 0.05);
});
