/**
 * The settings of a photograph; those that its model does not support are hidden.
 */
import { set, shareSettings } from "../lib/actions.js";
import { decimal, percent } from "../lib/format.js";
import { html, nothing } from "../lib/html.js";
import { DEFAULTS, hasQuality, modelOf, standardDetail, taken } from "../lib/settings.js";
import { store } from "../lib/store.js";
import { View } from "../lib/view.js";
import { checkbox, number, select, slider } from "./fields.js";
import { sizeField } from "./size-field.js";

/**
 * @typedef {import("../lib/item.js").Item} Item
 * @typedef {import("../lib/api.js").Model} Model
 * @typedef {import("../lib/settings.js").Settings} Settings
 */

class SettingsForm extends View {
  /** @type {Item | null} */
  item = null;

  /** @override */
  template() {
    const { item } = this;
    if (!item?.photo) return nothing;
    const model = modelOf(item.settings, store.models, item.card);
    const change = (/** @type {Partial<Settings>} */ settings) => set(item, settings);
    return html`<form
      class="settings"
      aria-labelledby="settings-title"
      @submit=${(/** @type {Event} */ event) => event.preventDefault()}
    >
      <h2 id="settings-title">Settings</h2>
      ${sliders(item, model, change)} ${sizeField(item.settings, model, change)}
      ${modelField(item.settings, model, change)}
      <details class="more">
        <summary>More settings</summary>
        <div class="more-fields">${known(item.settings, model, change)} ${file(item, change)}</div>
      </details>
      <div class="row settings-foot">
        ${
          store.items.length > 1
            ? html`<button type="button" class="button" @click=${() => shareSettings(item)}>
                Use for all photographs
              </button>`
            : nothing
        }
        ${
          same(item.settings)
            ? nothing
            : html`<button type="button" class="button quiet" @click=${() => change(DEFAULTS)}>Reset all</button>`
        }
      </div>
    </form>`;
  }
}

/** @param {Settings} settings */
const same = (settings) => JSON.stringify({ ...settings }) === JSON.stringify({ ...DEFAULTS });

/** @typedef {(settings: Partial<Settings>) => void} Change */

/** @param {Item} item @param {Model | null} model @param {Change} change */
const sliders = ({ settings, card }, model, change) => html`
  ${
    taken("denoise", model)
      ? slider({
          name: "denoise",
          label: "Denoise",
          value: settings.denoise,
          standard: 1,
          say: (value) => (value === 0 ? "Keep the noise" : value === 1 ? "Full" : percent(value)),
          hint: "How much of the noise is removed.",
          set: (denoise) => change({ denoise }),
        })
      : nothing
  }
  ${
    taken("detail", model)
      ? slider({
          name: "detail",
          label: "Detail",
          value: settings.detail,
          standard: standardDetail(settings, card),
          say: (value) => (value === 0 ? "Faithful" : value === 1 ? "Vivid" : percent(value)),
          hint: "More looks richer, but may show detail that was never there.",
          set: (detail) => change({ detail }),
        })
      : nothing
  }
  ${slider({
    name: "strength",
    label: "Strength",
    value: settings.strength,
    standard: 1,
    say: (value) => (value === 0 ? "Enlarged only" : value === 1 ? "Full" : percent(value)),
    hint: "Between plain enlargement and the restored photograph.",
    set: (strength) => change({ strength: strength ?? 1 }),
  })}
`;

/** @param {Model} model @param {boolean} chosen by "auto" @returns {string} */
function described({ name, method, parameters, licence }, chosen) {
  const size = parameters ? `, ${decimal(parameters / 1e6)} million parameters` : "";
  return `${chosen ? `Here that is ${name}: ` : ""}${method.toUpperCase()}${size}${licence ? `, ${licence}` : ""}.`;
}

/** @param {Settings} settings @param {Model | null} model @param {Change} change */
function modelField(settings, model, change) {
  /** @type {[string, string][]} */
  const choices = store.models
    .filter((one) => one.name !== "auto")
    .map((one) => [one.name, one.scale ? `${one.name} (${one.scale}×)` : one.name]);
  return select({
    name: "model",
    label: "Model",
    value: settings.model,
    choices: [["auto", "auto: the best for this photograph"], ...choices],
    hint: model ? described(model, settings.model === "auto") : undefined,
    set: (name) => change({ model: name }),
  });
}

/** @param {Settings} settings @param {Model | null} model @param {Change} change */
const known = (settings, model, change) => html`
  ${
    taken("noise", model)
      ? number({
          name: "noise",
          label: "Noise, if known",
          value: settings.noise,
          most: 255,
          step: 0.5,
          placeholder: "estimated",
          unit: "of 255",
          set: (noise) => change({ noise }),
        })
      : nothing
  }
  ${
    taken("blur", model)
      ? number({
          name: "blur",
          label: "Blur, if known",
          value: settings.blur,
          least: 0.1,
          most: 20,
          step: 0.1,
          placeholder: "estimated",
          unit: "px of the result",
          set: (blur) => change({ blur: blur || null }),
        })
      : nothing
  }
  ${
    taken("steps", model)
      ? number({
          name: "steps",
          label: "Gradient steps on the photograph",
          value: settings.steps,
          placeholder: "default",
          set: (steps) => change({ steps }),
        })
      : nothing
  }
  ${select({
    name: "native",
    label: "Reduce to the true resolution first",
    value: settings.native,
    choices: [
      ["", settings.model === "auto" ? "If auto recommends it" : "No"],
      ["auto", "If the true resolution is lower"],
      ["off", "Never"],
    ],
    set: (native) => change({ native }),
  })}
  ${checkbox({
    name: "tta",
    label: "Average of eight orientations",
    value: settings.tta,
    hint: "Eight times slower, and a little better.",
    set: (tta) => change({ tta }),
  })}
`;

/** @param {Item} item @param {Change} change */
const file = ({ settings, photo }, change) => html`
  ${select({
    name: "format",
    label: "File format",
    value: settings.format,
    choices: [
      ["keep", `Same as the photograph (${photo?.format.toUpperCase()})`],
      .../** @type {[string, string][]} */ (
        ["png", "jpeg", "webp", "tiff", "avif", "heic"].map((name) => [
          name,
          name === "webp" ? "WebP" : name.toUpperCase(),
        ])
      ),
    ],
    set: (format) => change({ format }),
  })}
  ${
    hasQuality(settings.format, photo?.format ?? "")
      ? number({
          name: "quality",
          label: "Quality",
          value: settings.quality,
          least: 1,
          most: 100,
          set: (quality) => change({ quality: quality ?? DEFAULTS.quality }),
        })
      : nothing
  }
  ${select({
    name: "bits",
    label: "Bits per sample",
    value: settings.bits,
    choices: [
      ["keep", "Same as the photograph"],
      ["8", "8"],
      ["16", "16"],
      ["32", "32 (floats, TIFF)"],
    ],
    set: (bits) => change({ bits }),
  })}
`;

customElements.define("settings-form", SettingsForm);
