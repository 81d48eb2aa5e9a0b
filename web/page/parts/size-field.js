/**
 * The size of the result: a factor, a size to fit into, or megapixels.
 */
import { html, live } from "../lib/html.js";
import { number } from "./fields.js";

/**
 * @typedef {import("../lib/settings.js").Settings} Settings
 * @typedef {import("../lib/api.js").Model} Model
 * @typedef {(settings: Partial<Settings>) => void} Set
 */

/** @type {[Settings["sizing"], string][]} */
const WAYS = [
  ["scale", "Factor"],
  ["size", "Fit into"],
  ["megapixels", "Megapixels"],
];
const FACTORS = [1, 2, 3, 4];

/** @param {Settings} settings @param {Model | null} model @param {Set} set */
export const sizeField = (settings, model, set) =>
  html`<fieldset class="field">
    <legend>Size</legend>
    <div class="segments whole">
      ${WAYS.map(
        ([way, label]) =>
          html`<label class="segment">
            <input
              type="radio"
              name="sizing"
              value=${way}
              .checked=${live(settings.sizing === way)}
              @change=${() => set({ sizing: way })}
            /><span>${label}</span>
          </label>`,
      )}
    </div>
    ${{ scale, size, megapixels }[settings.sizing](settings, model, set)}
  </fieldset>`;

/** @param {Settings} settings @param {Model | null} model @param {Set} set */
function scale(settings, model, set) {
  const own = model?.scale ?? 4;
  return html`<div class="row factors">
    ${FACTORS.map(
      (factor) =>
        html`<button
          type="button"
          class="button factor"
          aria-pressed=${(settings.scale ?? own) === factor ? "true" : "false"}
          @click=${() => set({ scale: factor === own ? null : factor })}
        >
          ${factor}×
        </button>`,
    )}
    ${number({
      name: "scale",
      label: "Other factor",
      value: settings.scale !== null && FACTORS.includes(settings.scale) ? null : settings.scale,
      least: 0.1,
      most: 16,
      step: 0.1,
      placeholder: "other",
      set: (value) => set({ scale: value || null }),
    })}
  </div>`;
}

/** @param {Settings} settings @param {Model | null} _model @param {Set} set */
function size(settings, _model, set) {
  const [, width = "", height = ""] = /^(\d*)x(\d*)$/.exec(settings.size) ?? [];
  const to = (/** @type {number | string | null} */ wide, /** @type {number | string | null} */ high) =>
    set({ size: wide || high ? `${wide || ""}x${high || ""}` : "" });
  const side = (/** @type {string} */ value) => (value ? Number(value) : null);
  return html`<div class="row sides">
    ${number({ name: "width", label: "Width", value: side(width), least: 1, placeholder: "any", unit: "px", set: (value) => to(value, height) })}
    ${number({ name: "height", label: "Height", value: side(height), least: 1, placeholder: "any", unit: "px", set: (value) => to(width, value) })}
  </div>`;
}

/** @param {Settings} settings @param {Model | null} _model @param {Set} set */
const megapixels = (settings, _model, set) =>
  number({
    name: "megapixels",
    label: "Megapixels of the result",
    value: settings.megapixels,
    least: 0.01,
    step: 0.1,
    placeholder: "24",
    unit: "MP",
    set: (value) => set({ megapixels: value || null }),
  });
