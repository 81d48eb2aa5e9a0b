import assert from "node:assert/strict";
import test from "node:test";
import { Item } from "../../page/lib/item.js";
import { told } from "../../page/lib/status.js";

const job = (id, state, more = {}) => ({ id, state, progress: 0, seconds_left: null, position: null, ...more });

/** A photograph that the server keeps. */
function kept() {
  const item = new Item("photo.jpg");
  item.photo = { id: "p", name: "photo.jpg", width: 10, height: 10 };
  return item;
}

test("a photograph goes from being looked at to being restored", () => {
  const item = kept();
  assert.equal(item.status, "looking");
  item.card = {};
  assert.equal(item.status, "ready");
  assert.ok(item.restorable);
  item.update(job("a", "queued", { position: 3 }));
  assert.equal(told(item).text, "Number 4 in the queue");
  item.update(job("a", "queued", { position: 0 }));
  assert.equal(told(item).text, "Next in the queue");
  assert.ok(!item.restorable);
  item.update(job("a", "running", { progress: 0.5, seconds_left: 30 }));
  assert.deepEqual([told(item).text, told(item).progress], ["About 30 s left", 0.5]);
  item.update(job("a", "done"));
  assert.deepEqual([item.status, item.jobs.length, item.result?.id], ["done", 1, "a"]);
});

test("the newest job tells the state, the chosen result is shown", () => {
  const item = kept();
  item.update(job("a", "done"));
  item.update(job("b", "done"));
  item.update(job("c", "running"));
  assert.deepEqual([item.status, item.result?.id], ["running", "b"]);
  item.shown = "a";
  assert.equal(item.result?.id, "a");
  item.tab = "result";
  item.drop("a");
  item.drop("b");
  assert.deepEqual([item.result, item.tab], [null, "preview"]);
});

test("while the queue has no room it waits, and cannot be asked for again", () => {
  const item = kept();
  item.card = {};
  item.full = true;
  assert.deepEqual([item.status, item.restorable], ["full", false]);
});

test("what the server does not keep is gone, but its result is not", () => {
  const item = kept();
  item.upload = "gone";
  assert.equal(item.status, "gone");
  item.update(job("a", "done"));
  assert.equal(item.status, "done");
});
