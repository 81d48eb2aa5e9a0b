import assert from "node:assert/strict";
import test from "node:test";
import { tilesOf } from "../../page/lib/tiles.js";

const tiles = { tile_size: 256, overlap: 1 };

test("a region inside of one tile needs that tile alone", () => {
  assert.deepEqual(tilesOf(tiles, [300, 10, 100, 100]), [{ column: 1, row: 0, x: 255, y: 0 }]);
});

test("a region over a corner needs four, each where its overlap begins", () => {
  assert.deepEqual(tilesOf(tiles, [200, 200, 100, 100]), [
    { column: 0, row: 0, x: 0, y: 0 },
    { column: 1, row: 0, x: 255, y: 0 },
    { column: 0, row: 1, x: 0, y: 255 },
    { column: 1, row: 1, x: 255, y: 255 },
  ]);
});

test("a region that ends where a tile does needs no more", () => {
  assert.equal(tilesOf(tiles, [0, 0, 256, 256]).length, 1);
});
