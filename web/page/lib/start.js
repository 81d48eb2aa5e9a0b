/**
 * Loads photographs and jobs from the server, and keeps the page up to date.
 */
import { analyse, sendAgain, update } from "./actions.js";
import * as api from "./api.js";
import { listen } from "./events.js";
import { milliseconds } from "./format.js";
import { Item } from "./item.js";
import { recall, remember } from "./memory.js";
import { asProblem } from "./problem.js";
import { store } from "./store.js";

/** @typedef {import("./api.js").Job} Job */

/** Start to keep the page up to date with the server. */
export function start() {
  listen({
    greet: async () => {
      store.models = (await api.models()).models;
    },
    refresh,
    changed: (job) => void heard(job),
  });
}

/** @param {Job} job */
async function heard(job) {
  if (!store.byJob(job.id) && !store.byPhoto(job.photo)) await found(job.photo, job.name);
  update(job, true);
}

/** Request everything, since changes before the connection are unknown. */
async function refresh() {
  const jobs = (await api.jobs()).sort((a, b) => milliseconds(a.created) - milliseconds(b.created));
  const known = new Set(jobs.map((job) => job.id));
  for (const item of store.items) item.jobs = item.jobs.filter((job) => known.has(job.id));
  for (const { id, settings } of recall()) {
    const item = await found(id, null);
    if (item && settings) item.settings = { ...item.settings, ...settings };
  }
  for (const job of jobs) {
    if (!store.byJob(job.id)) await found(job.photo, job.name);
    update(job);
  }
  for (const item of store.items) if (item.done.length && !item.busy && !item.card) item.tab = "result";
  for (const item of store.items) if (item.problem?.offline) again(item);
  remember(store.items);
  store.changed();
}

/** @param {Item} item which failed because the server could not be reached */
function again(item) {
  if (item.upload === "refused") sendAgain(item);
  else void analyse(item);
}

/**
 * @param {string | null} id of a photograph
 * @param {string | null} name to show if the photograph was deleted but its result was not
 * @returns {Promise<Item | null>}
 */
async function found(id, name) {
  if (id === null || store.forgotten.has(id)) return null;
  const here = store.byPhoto(id);
  if (here) return here;
  const item = new Item(name ?? "");
  try {
    item.photo = await api.photo(id);
    item.name = item.photo.name;
  } catch (error) {
    if (asProblem(error).status !== 404) throw error;
    if (name === null) return null;
    item.upload = "gone";
    item.photo = {
      id,
      name,
      size_bytes: 0,
      width: 0,
      height: 0,
      format: "",
      megapixels: 0,
      frames: 1,
    };
  }
  const twin = store.byPhoto(id); // another event may have added it in the meantime
  if (twin) return twin;
  store.add(item);
  if (item.upload === "kept") void analyse(item);
  return item;
}
