/**
 * The properties of a result, its downloads, and the command that makes it.
 */
import * as api from "../lib/api.js";
import { bytes, duration, megapixels, milliseconds, pixels } from "../lib/format.js";
import { html, icon, nothing } from "../lib/html.js";
import { asProblem } from "../lib/problem.js";
import { store } from "../lib/store.js";
import { View } from "../lib/view.js";
import { select } from "./fields.js";

/**
 * @typedef {import("../lib/item.js").Item} Item
 * @typedef {import("../lib/api.js").Job} Job
 */

class ResultPanel extends View {
  /** @type {Item | null} */
  item = null;
  /** @type {Job | null} */
  job = null;
  /** The command of a job, once the server has sent it. */
  #command = { job: "", text: "" };

  /** @override */
  draw() {
    super.draw();
    if (this.job && this.job.id !== this.#command.job && store.link === "open") void this.#ask(this.job.id);
  }

  /** @param {string} id */
  async #ask(id) {
    this.#command = { job: id, text: "" };
    /** @type {{job: string, text: string}} */
    const told = await api.command(id).then(
      (text) => ({ job: id, text }),
      // If the server cannot be reached, the command is requested again when it is back.
      (error) => (asProblem(error).offline ? { job: "", text: "" } : { job: id, text: asProblem(error).message }),
    );
    if (this.#command.job === id) this.#command = told;
    super.draw();
  }

  /** @override */
  template() {
    const { item, job } = this;
    if (!item || !job?.result) return nothing;
    return html`<section class="result" aria-labelledby="result-title">
      <h2 id="result-title">Restored</h2>
      ${item.done.length > 1 ? versions(item, job) : nothing} ${facts(job)}
      <a class="button primary large" href=${api.at.result(job.id)} download=${job.result.name}>
        ${icon("download")}Download ${job.result.format.toUpperCase()}
      </a>
      ${this.#take(job)}
    </section>`;
  }

  /** @param {Job} job */
  #take(job) {
    const { text } = this.#command;
    return html`<div class="row">
        <a class="button" href=${api.at.report(job.id)} download>${icon("download")}Report</a>
      </div>
      <div class="command">
        <h3 id="command-title">The same on the command line</h3>
        <pre tabindex="0" aria-labelledby="command-title"><code>${text || "…"}</code></pre>
        <button
          class="button square quiet"
          aria-label="Copy the command"
          title="Copy"
          ?disabled=${!text}
          @click=${() => copy(text)}
        >
          ${icon("copy")}
        </button>
      </div>`;
  }
}

/** @param {Job} job */
function facts(job) {
  const { width, height, format, size_bytes: size } = /** @type {NonNullable<Job["result"]>} */ (job.result);
  const seconds = (milliseconds(job.finished) - milliseconds(job.started)) / 1000;
  const told = [
    ["Size", html`${pixels(width, height)}<br /><span class="soft">${megapixels(width, height)}</span>`],
    ["File", `${format.toUpperCase()}, ${bytes(size)}`],
    ["Model", html`<code>${job.model ?? "auto"}</code>`],
    ...(Number.isFinite(seconds) ? [["Time", duration(seconds)]] : []),
  ];
  return html`<dl class="facts">
    ${told.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/** @param {Item} item @param {Job} shown */
const versions = (item, shown) =>
  select({
    name: "version",
    label: "Version",
    value: shown.id,
    choices: item.done.map((job, index) => [job.id, `${item.done.length - index}: ${described(job)}`]),
    set: (id) => {
      item.shown = id;
      store.changed();
    },
  });

/** @param {Job} job @returns {string} */
function described(job) {
  const told = Object.entries(job.options ?? {}).filter(([name]) => !["model", "report"].includes(name));
  return [job.model ?? "auto", ...told.map(([name, value]) => `${name} ${value}`)].join(", ");
}

/** @param {string} text The clipboard API requires https or localhost; the older command does not. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = Object.assign(document.createElement("textarea"), {
      value: text,
    });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  store.say("The command was copied.", "good");
}

customElements.define("result-panel", ResultPanel);
