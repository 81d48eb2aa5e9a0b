/**
 * Actions of a user.
 */
import * as api from "./api.js";
import { counted, sentence } from "./format.js";
import { Item } from "./item.js";
import { remember } from "./memory.js";
import { asProblem } from "./problem.js";
import { jobOptions } from "./settings.js";
import { store } from "./store.js";

/** @typedef {import("./api.js").Job} Job */

/** Number of concurrent uploads: two hide the latency of the network. */
const UPLOADS = 2;
const FULL_WAIT = 5;

/** @param {Iterable<File>} files */
export function add(files) {
  const items = [...files].map((file) => new Item(file.name || "Pasted photograph.png", file));
  for (const item of items) store.add(item);
  if (items[0]) store.select(items[0]);
  if (items.length > 1) store.say(`${counted(items.length, "photograph")} added.`);
  for (let free = UPLOADS - sending(); free > 0; free--) void uploadNext();
}

const sending = () => store.items.filter((item) => item.upload === "sending").length;

async function uploadNext() {
  const item = store.items.find((one) => one.upload === "waiting");
  if (!item?.file) return;
  item.upload = "sending";
  store.changed();
  try {
    const sent = (/** @type {number} */ fraction) => {
      item.sent = fraction;
      store.changed();
    };
    item.photo = await api.upload(item.file, sent, item.stop.signal);
    item.upload = "kept";
    void analyse(item);
  } catch (error) {
    if (item.stop.signal.aborted) return;
    item.upload = "refused";
    item.problem = asProblem(error);
    if (item !== store.selected) complain(item, item.problem.message);
  } finally {
    void uploadNext();
  }
  remember(store.items);
  store.changed();
}

/** @param {Item} item @param {string} text to which the name of the photograph is added if it is missing */
const complain = (item, text) => store.say(text.includes(item.name) ? text : `${item.name}: ${text}`, "bad");

/** @param {Item} item whose upload failed because the server could not be reached */
export function sendAgain(item) {
  item.upload = "waiting";
  item.problem = null;
  item.sent = 0;
  if (sending() < UPLOADS) void uploadNext();
}

/** @param {Item} item */
export async function analyse(item) {
  if (!item.photo) return;
  item.problem = null;
  store.changed();
  try {
    item.card = await api.analysis(item.photo.id);
  } catch (error) {
    item.problem = asProblem(error);
  }
  store.changed();
}

/** @param {Item} item */
export async function restore(item) {
  if (!item.photo || !item.restorable) return;
  const key = randomKey();
  const options = jobOptions(item.settings, store.models, item.card);
  item.asked = true;
  store.changed();
  try {
    await whileFull(item, async () => {
      const job = await api.start(item.photo?.id ?? "", options, key);
      // An event about the job that came earlier is newer than this response.
      if (!store.byJob(job.id)) update(job, true);
    });
  } catch (error) {
    complain(item, asProblem(error).message);
  }
  item.asked = false;
  store.changed();
}

/**
 * Repeat a request until the server's queue has room, or the user cancels it.
 *
 * @param {Item} item
 * @param {() => Promise<void>} ask
 */
async function whileFull(item, ask) {
  for (;;) {
    try {
      await ask();
      item.full = false;
      return;
    } catch (error) {
      const problem = asProblem(error);
      if (problem.status !== 429) {
        item.full = false;
        throw problem;
      }
      item.full = true;
      store.changed();
      await new Promise((resolve) => setTimeout(resolve, 1000 * (problem.retryAfter || FULL_WAIT)));
      if (!item.full || !store.items.includes(item)) return;
    }
  }
}

export async function restoreAll() {
  // One after another, so that they are queued in the order of the list.
  for (const item of pending()) await Promise.race([restore(item), aMoment()]);
}

const aMoment = () => new Promise((resolve) => setTimeout(resolve, 500));

/** @returns {Item[]} photographs that can be restored and have no result */
export const pending = () => store.items.filter((item) => item.restorable && !item.done.length);

/** @param {Item} item */
export async function cancel(item) {
  item.full = false;
  const job = item.job;
  if (job && (job.state === "queued" || job.state === "running")) await end(item, job.id);
  store.changed();
}

/** @param {Item} item @param {string} id of a job */
async function end(item, id) {
  try {
    await api.endJob(id);
    item.drop(id);
  } catch (error) {
    const problem = asProblem(error);
    if (problem.status === 404) item.drop(id);
    else store.say(problem.message, "bad");
  }
}

/** @param {Item} item which is removed with all its results */
export async function remove(item) {
  item.stop.abort();
  item.full = false;
  if (item.photo) store.forgotten.add(item.photo.id);
  store.remove(item);
  document.getElementById("work")?.focus({ preventScroll: true });
  item.release();
  remember(store.items);
  await Promise.all(item.jobs.map((job) => end(item, job.id)));
  if (item.photo && item.upload === "kept") await api.forgetPhoto(item.photo.id).catch(() => {});
}

/** @param {Item} item whose settings are copied to all others */
export function shareSettings(item) {
  for (const other of store.items) other.settings = { ...item.settings };
  remember(store.items);
  store.say("All photographs now have these settings.", "good");
}

/** @param {Item} item @param {Partial<import("./settings.js").Settings>} settings */
export function set(item, settings) {
  item.settings = { ...item.settings, ...settings };
  remember(store.items);
  store.changed();
}

/** @param {Job} job that is new or has changed @param {boolean} [live] whether it changed just now */
export function update(job, live = false) {
  const item = store.byJob(job.id) ?? store.byPhoto(job.photo);
  if (!item) return;
  const before = item.jobs.find((one) => one.id === job.id)?.state;
  // A cancelled job has nothing to show.
  if (job.state === "cancelled") item.drop(job.id);
  else item.update(job);
  if (live && job.state === "done" && before !== "done") finished(item, job);
  // The selected photograph shows its problem itself.
  if (live && job.state === "failed" && before !== "failed" && job.error && item !== store.selected)
    complain(item, sentence(job.error.detail ?? job.error.title ?? "the restoration failed"));
  store.changed();
}

/** @param {Item} item @param {Job} job */
function finished(item, job) {
  item.shown = job.id;
  item.tab = "result";
  store.say(`${item.name} is restored.`, item === store.selected ? "plain" : "good");
}

/** @returns {string} a random key; randomUUID would require a secure context */
export function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
