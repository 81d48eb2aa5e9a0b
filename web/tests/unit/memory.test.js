import assert from "node:assert/strict";
import test from "node:test";
import { Item } from "../../page/lib/item.js";
import { recall, remember } from "../../page/lib/memory.js";

/** What a browser's storage does. */
class Storage {
  #kept = new Map();
  getItem = (key) => this.#kept.get(key) ?? null;
  setItem = (key, value) => this.#kept.set(key, value);
}

test("photographs that the server has are remembered with their settings", () => {
  const storage = new Storage();
  const item = new Item("a.jpg");
  item.photo = { id: "p1" };
  item.settings.strength = 0.5;
  remember([item, new Item("not sent.jpg")], storage);
  const [kept, ...others] = recall(storage);
  assert.deepEqual([kept.id, kept.settings.strength, others.length], ["p1", 0.5, 0]);
});

test("storage that is broken or forbidden is like none", () => {
  const broken = { getItem: () => "{", setItem() {} };
  const forbidden = {
    getItem() {
      throw new Error("denied");
    },
    setItem() {
      throw new Error("denied");
    },
  };
  assert.deepEqual([recall(broken), recall(forbidden), recall({ getItem: () => '[1, {"id": 2}]' })], [[], [], []]);
  remember([], forbidden);
});
