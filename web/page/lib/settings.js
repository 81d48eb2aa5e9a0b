/**
 * The settings of a photograph, and the options of `blindsr upscale` that correspond to them.
 */

/**
 * @typedef {import("./api.js").Card} Card
 * @typedef {import("./api.js").Model} Model
 * @typedef {import("./api.js").Options} Options
 * @typedef {object} Settings
 * @property {string} model
 * @property {"scale" | "size" | "megapixels"} sizing which of the three that follow is used
 * @property {number | null} scale enlargement factor; null for that of the model
 * @property {string} size
 * @property {number | null} megapixels
 * @property {number} strength
 * @property {number | null} denoise
 * @property {number | null} detail
 * @property {number | null} noise
 * @property {number | null} blur
 * @property {number | null} steps
 * @property {string} time_limit
 * @property {string} native
 * @property {boolean} tta
 * @property {string} format
 * @property {number} quality
 * @property {string} bits
 */

/** @type {Readonly<Settings>} */
export const DEFAULTS = Object.freeze({
  model: "auto",
  sizing: "scale",
  scale: null,
  size: "",
  megapixels: null,
  strength: 1,
  denoise: null,
  detail: null,
  noise: null,
  blur: null,
  steps: null,
  time_limit: "",
  native: "",
  tta: false,
  format: "keep",
  quality: 95,
  bits: "keep",
});

/** Hints about a photograph for a named model; "auto" supports none of them. */
const HINTS = /** @type {const} */ (["denoise", "noise", "blur", "steps", "time_limit"]);
/** Formats whose quality can be chosen. */
const LOSSY = new Set(["jpeg", "webp", "avif", "heic"]);

/**
 * @param {Settings} settings
 * @param {Card | null} card
 * @returns {string} the name of the model that restores the photograph; "" if it is not known yet
 */
export const modelName = (settings, card) => (settings.model === "auto" ? (card?.choice?.model ?? "") : settings.model);

/**
 * @param {Settings} settings
 * @param {Card | null} card
 * @returns {number} the detail with which the photograph is restored if none is set
 */
export const standardDetail = (settings, card) => (settings.model === "auto" ? (card?.choice?.detail ?? 0) : 0);

/**
 * @param {Settings} settings
 * @param {Model[]} models
 * @param {Card | null} card
 * @returns {Model | null}
 */
export const modelOf = (settings, models, card) =>
  models.find((model) => model.name === modelName(settings, card)) ?? null;

/**
 * @param {string} option
 * @param {Model | null} model
 * @returns {boolean} whether the model supports the option; options of sizes and files are supported by every model
 */
export function taken(option, model) {
  return model !== null && (model.options ?? []).includes(option);
}

/**
 * Hints that are set and that the model supports.
 *
 * @param {Settings} settings
 * @param {Model | null} model
 * @returns {Options}
 */
function hints(settings, model) {
  /** @type {Options} */
  const told = {};
  for (const name of HINTS) {
    const value = settings[name];
    if (value !== null && value !== "" && taken(name, model)) told[name] = value;
  }
  return told;
}

/**
 * Options of a preview: those that the pixels of a region depend on.
 *
 * @param {Settings} settings
 * @param {Model[]} models
 * @param {Card | null} card
 * @returns {Options}
 */
export function previewOptions(settings, models, card) {
  const model = modelOf(settings, models, card);
  const told = hints(settings, model);
  // Only a named model supports hints, so the model that was selected for this photograph is named.
  const named = settings.model === "auto" && Object.keys(told).length && model ? model.name : settings.model;
  /** @type {Options} */
  const options = { model: named, ...told };
  // "auto" decides this itself; a named model has to be told.
  const detail = settings.detail ?? (named === settings.model ? null : standardDetail(settings, card));
  if (detail !== null && taken("detail", model)) options.detail = detail;
  if (settings.tta) options.tta = true;
  if (settings.native) options.native = settings.native;
  else if (settings.model === "auto" && options.model !== "auto") options.native = "auto";
  return options;
}

/**
 * Options of a job.
 *
 * @param {Settings} settings
 * @param {Model[]} models
 * @param {Card | null} card
 * @returns {Options}
 */
export function jobOptions(settings, models, card) {
  const told = previewOptions(settings, models, card);
  if (settings.sizing === "scale" && settings.scale) told.scale = settings.scale;
  if (settings.sizing === "size" && settings.size) told.size = settings.size;
  if (settings.sizing === "megapixels" && settings.megapixels) told.megapixels = settings.megapixels;
  if (settings.strength < 1) told.strength = settings.strength;
  if (settings.format !== "keep") told.format = settings.format;
  if (settings.quality !== DEFAULTS.quality) told.quality = settings.quality;
  if (settings.bits !== "keep") told.bits = settings.bits;
  told.report = true;
  return told;
}

/**
 * @param {string} format of the settings
 * @param {string} original format of the photograph
 * @returns {boolean} whether the format has a quality
 */
export const hasQuality = (format, original) => LOSSY.has(format === "keep" ? original.toLowerCase() : format);

/**
 * @param {Settings} settings
 * @param {{width: number, height: number}} photo
 * @param {Model | null} model
 * @returns {[width: number, height: number] | null} of the result; null if the settings are invalid
 */
export function resultSize(settings, photo, model) {
  const factor = factorOf(settings, photo, model);
  if (factor === null || !Number.isFinite(factor) || factor <= 0) return null;
  return [Math.max(1, Math.round(photo.width * factor)), Math.max(1, Math.round(photo.height * factor))];
}

/**
 * @param {Settings} settings
 * @param {{width: number, height: number}} photo
 * @param {Model | null} model
 * @returns {number | null}
 */
function factorOf(settings, photo, model) {
  const { width, height } = photo;
  const own = model?.scale ?? 4;
  if (settings.sizing === "megapixels")
    return settings.megapixels ? Math.sqrt((settings.megapixels * 1e6) / (width * height)) : own;
  if (settings.sizing === "scale" || !settings.size) return settings.scale ?? own;
  const [, wide, high] = /^(\d*)x(\d*)$/.exec(settings.size) ?? [];
  if (!wide && !high) return null;
  return Math.min(wide ? Number(wide) / width : Infinity, high ? Number(high) / height : Infinity);
}
