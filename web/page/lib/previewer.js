/**
 * Keeps the preview of a region up to date: a new request cancels older ones.
 */
import * as api from "./api.js";
import { asProblem } from "./problem.js";

/**
 * @typedef {import("./api.js").Region} Region
 * @typedef {import("./api.js").Options} Options
 * @typedef {{photo: string, region: Region, options: Options}} Wish
 * @typedef {"idle" | "working" | "done" | "failed"} State
 */

/** Milliseconds without a newer request before the server is asked. */
const PATIENCE = 140;

export class Previewer {
  /** @type {State} */
  state = "idle";
  /** URL of the restored region. */
  picture = "";
  model = "";
  seconds = 0;
  /** @type {import("./problem.js").Problem | null} */
  problem = null;
  #wish = "";
  #timer = 0;
  #running = new AbortController();

  /**
   * @param {string} client id of this page; its newer requests cancel older ones
   * @param {() => void} changed
   * @param {typeof api.preview} ask
   */
  constructor(client, changed, ask = api.preview) {
    this.client = client;
    this.changed = changed;
    this.ask = ask;
  }

  /** @param {Wish} wish what to preview; repeating the same changes nothing */
  want(wish) {
    const told = JSON.stringify(wish);
    if (told === this.#wish) return;
    this.#stop();
    this.#wish = told;
    this.#show("working", "");
    this.#timer = window.setTimeout(() => void this.#run(wish), PATIENCE);
  }

  /** Repeat a request that failed. */
  again() {
    const wish = this.#wish;
    this.#wish = "";
    if (wish) this.want(JSON.parse(wish));
  }

  /** Cancel the current request. */
  end() {
    this.#stop();
    this.#wish = "";
    this.#show("idle", "");
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#running.abort();
    this.#running = new AbortController();
  }

  /** @param {Wish} wish */
  async #run({ photo, region, options }) {
    const { signal } = this.#running;
    try {
      const { image, model, seconds } = await this.ask(photo, region, options, this.client, signal);
      if (signal.aborted) return;
      this.model = model;
      this.seconds = seconds;
      this.#show("done", URL.createObjectURL(image));
    } catch (error) {
      const problem = asProblem(error);
      if (signal.aborted || problem.code === "superseded") return;
      this.problem = problem;
      this.#show("failed", "");
    }
  }

  /** @param {State} state @param {string} picture */
  #show(state, picture) {
    if (this.picture) URL.revokeObjectURL(this.picture);
    this.state = state;
    this.picture = picture;
    this.changed();
  }
}
