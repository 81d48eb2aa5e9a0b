/**
 * A photograph on the page.
 */
import { DEFAULTS } from "./settings.js";

/**
 * @typedef {import("./api.js").Job} Job
 * @typedef {import("./api.js").Photo} Photo
 * @typedef {import("./api.js").Card} Card
 * @typedef {import("./api.js").Region} Region
 * @typedef {import("./problem.js").Problem} Problem
 * @typedef {import("./settings.js").Settings} Settings
 * @typedef {"waiting" | "sending" | "kept" | "refused" | "gone"} Upload
 * @typedef {Upload | "looking" | "ready" | "full" | Job["state"]} Status
 */

let count = 0;

/** One photograph: its file, its state on the server, and its settings. */
export class Item {
  /** @param {string} name @param {File | null} [file] */
  constructor(name, file = null) {
    this.key = `item-${++count}`;
    this.name = name;
    this.file = file;
    /** URL of the local file, until the server has a preview of it. */
    this.local = file ? URL.createObjectURL(file) : "";
    /** @type {Upload} */
    this.upload = file ? "waiting" : "kept";
    this.sent = 0;
    /** @type {Photo | null} */
    this.photo = null;
    /** @type {Card | null} */
    this.card = null;
    /** @type {Problem | null} Why the photograph or its analysis failed. */
    this.problem = null;
    /** @type {Settings} */
    this.settings = { ...DEFAULTS };
    /** @type {Region | null} */
    this.region = null;
    /** @type {Job[]} newest first */
    this.jobs = [];
    /** @type {string | null} id of the job whose result is shown */
    this.shown = null;
    /** @type {"preview" | "result"} */
    this.tab = "preview";
    /** Whether it waits because the server's queue is full. */
    this.full = false;
    /** Whether a restoration was requested and the server has not responded yet. */
    this.asked = false;
    this.stop = new AbortController();
  }

  /** @returns {Job | null} the newest */
  get job() {
    return this.jobs[0] ?? null;
  }

  /** @returns {Job[]} that have a result */
  get done() {
    return this.jobs.filter((job) => job.state === "done");
  }

  /** @returns {Job | null} whose result is shown */
  get result() {
    return this.done.find((job) => job.id === this.shown) ?? this.done[0] ?? null;
  }

  /** Whether it is queued or running. */
  get busy() {
    return this.full || this.job?.state === "queued" || this.job?.state === "running";
  }

  /** @returns {Status} the state that is shown */
  get status() {
    if (this.upload !== "kept" && !(this.upload === "gone" && this.job)) return this.upload;
    if (this.full) return "full";
    if (this.job) return this.job.state;
    if (this.card || this.problem) return "ready";
    return "looking";
  }

  /** Whether it can be restored now. */
  get restorable() {
    return this.upload === "kept" && this.photo !== null && !this.busy && !this.asked;
  }

  /** @param {Job} job that is new or has changed */
  update(job) {
    const index = this.jobs.findIndex((one) => one.id === job.id);
    if (index >= 0) this.jobs[index] = job;
    else this.jobs.unshift(job);
  }

  /** @param {string} id */
  drop(id) {
    this.jobs = this.jobs.filter((job) => job.id !== id);
    if (!this.done.length) this.tab = "preview";
  }

  /** Release the local file. */
  release() {
    if (this.local) URL.revokeObjectURL(this.local);
    this.local = "";
    this.file = null;
  }
}
