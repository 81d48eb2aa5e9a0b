import assert from "node:assert/strict";
import test from "node:test";
import { choice, findings, sureness } from "../../page/lib/sentences.js";

const card = {
  width: 1000,
  height: 800,
  format: "jpeg",
  blur: { width: 1.32, confidence: 0.55, kernel: null },
  noise: { sigma: 8.24, grain: 0.6, confidence: 0.9 },
  jpeg: { found: true, quality: 75, source: "file", confidence: 1, period: 8 },
  resolution: { native_fraction: 0.5, confidence: 0.8 },
  warnings: [],
  choice: { model: "cmdsr_x4.photo", reasons: ["it has no visible noise"] },
};
const told = (changes) => findings({ ...card, ...changes }).map(({ value, sentence }) => [value, sentence]);

test("each finding has a value and a sentence", () => {
  assert.deepEqual(told({}), [
    ["1.3 px", "Clearly blurred, the same in every direction."],
    ["8.2 of 255", "Clear noise, most of it coarse grain."],
    ["Quality 75", "Known from the file."],
    ["50 %", "500 × 400 pixels can hold all of its detail."],
  ]);
});

test("a clean photograph is told to be one", () => {
  const clean = told({
    blur: { width: 0.3, confidence: 0.9, kernel: [[1]] },
    noise: { sigma: 0, confidence: 0.9 },
    jpeg: { found: false, quality: null, source: null, confidence: null },
    resolution: { native_fraction: 1, confidence: 0.9 },
  });
  assert.deepEqual(
    clean.map(([, sentence]) => sentence),
    ["Hardly blurred, as drawn here.", "No visible noise.", "No traces of compression.", "Every pixel carries detail."],
  );
});

test("what could not be measured is told to be unknown, without a confidence", () => {
  const [blur, noise] = findings({ ...card, blur: null, noise: null });
  assert.deepEqual([blur.value, blur.confidence, noise.value, noise.confidence], ["Unknown", null, "Unknown", null]);
});

test("blocks of another size show that it was resized later", () => {
  const [, , jpeg] = findings({ ...card, jpeg: { ...card.jpeg, source: "pixels", quality: null, period: 12 } });
  assert.equal(jpeg.value, "Compressed");
  assert.equal(
    jpeg.sentence,
    "Estimated from the pixels. Its blocks are 12 pixels wide, so the photograph was resized later.",
  );
});

test("confidence in words", () => {
  assert.deepEqual([0.95, 0.7, 0.55, 0.1, null].map(sureness), ["Sure", "Fairly sure", "Not sure", "A guess", ""]);
  assert.deepEqual(choice(card), ["It has no visible noise."]);
  assert.deepEqual(choice({ ...card, choice: null }), []);
});
