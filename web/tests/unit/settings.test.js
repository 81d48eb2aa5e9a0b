import assert from "node:assert/strict";
import test from "node:test";
import {
  DEFAULTS,
  hasQuality,
  jobOptions,
  modelOf,
  previewOptions,
  resultSize,
  standardDetail,
  taken,
} from "../../page/lib/settings.js";

const models = [
  { name: "photo", scale: 4, options: ["denoise", "strength"] },
  { name: "twice", scale: 2, options: ["steps", "strength"] },
];
const card = { choice: { model: "photo", detail: 0, reasons: [] } };
const photo = { width: 300, height: 200 };
const set = (settings) => ({ ...DEFAULTS, ...settings });

test("nothing set is the command's default with a report", () => {
  assert.deepEqual(jobOptions(DEFAULTS, models, card), { model: "auto", report: true });
  assert.deepEqual(previewOptions(DEFAULTS, models, card), { model: "auto" });
});

test("a hint gets a name for the model that was chosen, which still shrinks as the choice would", () => {
  const settings = set({ denoise: 0.5 });
  assert.deepEqual(jobOptions(settings, models, card), { model: "photo", denoise: 0.5, native: "auto", report: true });
  assert.deepEqual(previewOptions(settings, models, card), { model: "photo", denoise: 0.5, native: "auto" });
  assert.deepEqual(previewOptions(set({ native: "off" }), models, card), { model: "auto", native: "off" });
});

test("hints that a model does not take are left out", () => {
  assert.deepEqual(previewOptions(set({ model: "twice", denoise: 0.5, steps: 3 }), models, card), {
    model: "twice",
    steps: 3,
  });
  assert.deepEqual(previewOptions(set({ denoise: 0.5 }), models, null), { model: "auto" });
  assert.ok(taken("steps", modelOf(set({ model: "twice" }), models, card)));
  assert.ok(!taken("detail", modelOf(DEFAULTS, models, card)));
});

test("detail is told where the model can show more of it, also to what chooses", () => {
  const vivid = [{ ...models[0], options: ["detail"] }];
  assert.deepEqual(previewOptions(set({ detail: 0.3 }), vivid, card), { model: "auto", detail: 0.3 });
  assert.deepEqual(previewOptions(set({ detail: 0.3 }), models, card), { model: "auto" });
  assert.deepEqual(previewOptions(set({ detail: 0 }), vivid, card), { model: "auto", detail: 0 });
});

test("the detail that was chosen is kept where a hint names the model", () => {
  const vivid = [{ ...models[0], options: ["denoise", "detail"] }];
  const chosen = { choice: { ...card.choice, detail: 0.3 } };
  assert.equal(standardDetail(DEFAULTS, chosen), 0.3);
  assert.equal(standardDetail(set({ model: "photo" }), chosen), 0);
  assert.deepEqual(previewOptions(DEFAULTS, vivid, chosen), { model: "auto" });
  const told = { model: "photo", denoise: 0.5, native: "auto" };
  assert.deepEqual(previewOptions(set({ denoise: 0.5 }), vivid, chosen), { ...told, detail: 0.3 });
  assert.deepEqual(previewOptions(set({ denoise: 0.5, detail: 0.8 }), vivid, chosen), { ...told, detail: 0.8 });
});

test("only the chosen way of sizing counts", () => {
  const sized = { scale: 3, size: "3000x", megapixels: 24 };
  const of = (sizing) => jobOptions(set({ ...sized, sizing }), models, card);
  assert.deepEqual(of("scale"), { model: "auto", scale: 3, report: true });
  assert.deepEqual(of("size"), { model: "auto", size: "3000x", report: true });
  assert.deepEqual(of("megapixels"), { model: "auto", megapixels: 24, report: true });
});

test("files and strength are told where they differ from the command's defaults", () => {
  const settings = set({ strength: 0.5, format: "webp", quality: 80, bits: "8", native: "off", tta: true });
  assert.deepEqual(jobOptions(settings, models, card), {
    model: "auto",
    tta: true,
    native: "off",
    strength: 0.5,
    format: "webp",
    quality: 80,
    bits: "8",
    report: true,
  });
});

test("the size of a result is known beforehand", () => {
  const size = (settings) => resultSize(set(settings), photo, models[0]);
  assert.deepEqual(size({}), [1200, 800]);
  assert.deepEqual(size({ scale: 2.5 }), [750, 500]);
  assert.deepEqual(size({ sizing: "size", size: "600x100" }), [150, 100]);
  assert.deepEqual(size({ sizing: "size", size: "x1000" }), [1500, 1000]);
  assert.deepEqual(size({ sizing: "megapixels", megapixels: 6 }), [3000, 2000]);
  assert.equal(size({ sizing: "size", size: "x" }), null);
  assert.deepEqual(resultSize(DEFAULTS, photo, models[1]), [600, 400]);
});

test("a quality is asked for where the file's format has one", () => {
  assert.ok(hasQuality("keep", "JPEG"));
  assert.ok(!hasQuality("keep", "png"));
  assert.ok(hasQuality("avif", "png"));
});
