import assert from "node:assert/strict";
import test from "node:test";
import {
  bytes,
  counted,
  duration,
  megapixels,
  milliseconds,
  percent,
  sentence,
  timeLeft,
} from "../../page/lib/format.js";

test("sizes of files have three digits at most and the unit that fits", () => {
  assert.deepEqual([0, 999, 1000, 40_900, 4_200_000, 123_456_789, 2.5e12].map(bytes), [
    "0 bytes",
    "999 bytes",
    "1 kB",
    "40.9 kB",
    "4.2 MB",
    "123 MB",
    "2.5 TB",
  ]);
});

test("durations are told in the two largest units", () => {
  assert.deepEqual([0.73, 9.96, 42.4, 60, 125, 3600, 3725].map(duration), [
    "0.7 s",
    "10 s",
    "42 s",
    "1 min",
    "2 min 5 s",
    "1 h",
    "1 h 2 min",
  ]);
});

test("what is left is told no more exactly than it is known", () => {
  assert.deepEqual([null, 0.4, 7, 12, 58, 130, 7200].map(timeLeft), [
    "Just started",
    "Nearly done",
    "A few seconds left",
    "About 15 s left",
    "About 1 min left",
    "About 2 min left",
    "About 2 h left",
  ]);
});

test("numbers and nouns", () => {
  assert.equal(megapixels(4032, 3024), "12.2 megapixels");
  assert.equal(megapixels(200, 200), "0.04 megapixels");
  assert.equal(percent(0.333), "33 %");
  assert.equal(counted(1, "photograph"), "1 photograph");
  assert.equal(counted(2, "photograph"), "2 photographs");
});

test("moments are seconds since 1970 or ISO 8601", () => {
  assert.equal(milliseconds(1.5), 1500);
  assert.equal(milliseconds("1970-01-01T00:00:02Z"), 2000);
  assert.ok(Number.isNaN(milliseconds(null)));
});

test("sentences begin with a capital letter unless they begin with a name, and end with a full stop", () => {
  assert.equal(sentence("the queue is full"), "The queue is full.");
  assert.equal(sentence("photo.jpg is not an image"), "photo.jpg is not an image.");
  assert.equal(sentence("cmdsr_x4.photo suits it."), "cmdsr_x4.photo suits it.");
});
