/**
 * The state of the page. It sends the event "change" to elements, and "back" when the server responds again.
 *
 * @typedef {import("./item.js").Item} Item
 * @typedef {import("./api.js").Job} Job
 * @typedef {import("./api.js").Model} Model
 * @typedef {"connecting" | "open" | "lost" | "locked"} Link
 * @typedef {{id: number, text: string, kind: "good" | "bad" | "plain"}} Notice
 */

export class Store extends EventTarget {
  /** @type {Item[]} in the order they are listed */
  items = [];
  /** @type {string | null} key of the selected photograph */
  selectedKey = null;
  /** @type {Model[]} */
  models = [];
  /** @type {Link} */
  link = "connecting";
  /** @type {Notice[]} */
  notices = [];
  /** Ids of photographs that were removed; later events about them are ignored. */
  forgotten = new Set();
  #pending = false;
  #said = 0;

  /** Notify all elements, once for all changes of the current task. */
  changed() {
    if (this.#pending) return;
    this.#pending = true;
    queueMicrotask(() => {
      this.#pending = false;
      this.dispatchEvent(new Event("change"));
    });
  }

  /** @returns {Item | null} */
  get selected() {
    return this.items.find((item) => item.key === this.selectedKey) ?? null;
  }

  /** @returns {Job[]} the newest result of each photograph */
  get results() {
    return this.items.flatMap((item) => item.done[0] ?? []);
  }

  /** @param {string | null} id of a photograph @returns {Item | null} */
  byPhoto(id) {
    return this.items.find((item) => id !== null && item.photo?.id === id) ?? null;
  }

  /** @param {string} id of a job @returns {Item | null} */
  byJob(id) {
    return this.items.find((item) => item.jobs.some((job) => job.id === id)) ?? null;
  }

  /** @param {Item} item */
  add(item) {
    this.items.push(item);
    this.selectedKey ??= item.key;
    this.changed();
  }

  /** @param {Item} item */
  remove(item) {
    const index = this.items.indexOf(item);
    this.items = this.items.filter((one) => one !== item);
    if (this.selectedKey === item.key) this.selectedKey = (this.items[index] ?? this.items[index - 1])?.key ?? null;
    this.changed();
  }

  /** @param {Item} item */
  select(item) {
    this.selectedKey = item.key;
    this.changed();
  }

  /** @param {Link} link */
  connected(link) {
    const back = this.link === "lost" && link === "open";
    this.link = link;
    this.changed();
    if (back) this.dispatchEvent(new Event("back"));
  }

  /**
   * Show a message, which screen readers read out.
   *
   * @param {string} text
   * @param {Notice["kind"]} [kind]
   */
  say(text, kind = "plain") {
    const id = ++this.#said;
    this.notices = [...this.notices.slice(-2), { id, text, kind }];
    this.changed();
    setTimeout(() => this.dismiss(id), kind === "bad" ? 12000 : 5000);
  }

  /** @param {number} id of a notice */
  dismiss(id) {
    this.notices = this.notices.filter((notice) => notice.id !== id);
    this.changed();
  }
}

export const store = new Store();
