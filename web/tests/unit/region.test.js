import assert from "node:assert/strict";
import test from "node:test";
import { around, arrow, centred, moved, resized, SIDES } from "../../page/lib/region.js";

const photo = { width: 1000, height: 600 };

test("a region lies around its middle and inside of the photograph", () => {
  assert.deepEqual(centred(photo), [404, 204, 192, 192]);
  assert.deepEqual(around(photo, 0, 600, 192), [0, 408, 192, 192]);
});

test("a small photograph is its own region", () => {
  assert.deepEqual(centred({ width: 120, height: 90 }), [0, 0, 120, 90]);
});

test("arrow keys move a region, further with shift, and never out of the photograph", () => {
  const step = arrow("ArrowLeft", false);
  assert.deepEqual(step, [-16, 0]);
  assert.deepEqual(arrow("ArrowDown", true), [0, 64]);
  assert.equal(arrow("a", false), null);
  assert.deepEqual(moved([4, 0, 192, 192], photo, -16, 0), [0, 0, 192, 192]);
  assert.deepEqual(moved([790, 400, 192, 192], photo, 64, 64), [808, 408, 192, 192]);
});

test("a region goes through the sizes around the same middle", () => {
  const region = centred(photo);
  assert.deepEqual(resized(region, photo, 1), [372, 172, 256, 256]);
  assert.deepEqual(resized(region, photo, -1), [436, 236, 128, 128]);
  let largest = region;
  for (let step = 0; step < 9; step++) largest = resized(largest, photo, 1);
  assert.equal(largest[2], SIDES.at(-1));
});
