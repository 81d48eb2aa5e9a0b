/**
 * Hears of jobs as they go on, and notices when the server is gone and when it is back.
 */
import * as api from "./api.js";
import { asProblem } from "./problem.js";
import { store } from "./store.js";

/** @typedef {import("./api.js").Job} Job */

const LEAST_WAIT = 1000;
const MOST_WAIT = 15000;

/**
 * @param {(job: Job) => void} changed a job is new or has changed
 * @param {() => Promise<void>} opened the server is there, for the first time or again
 */
export function listen(changed, opened) {
  let wait = LEAST_WAIT;

  const open = async () => {
    try {
      await opened();
    } catch (error) {
      failed(asProblem(error).status);
      return;
    }
    const source = new EventSource("v1/events");
    source.addEventListener("job", (event) => changed(JSON.parse(event.data)));
    source.onopen = () => {
      wait = LEAST_WAIT;
      store.connected("open");
    };
    source.onerror = () => {
      // The browser's own attempts would miss what happened meanwhile: all is asked for again instead.
      source.close();
      failed(0);
    };
  };

  /** @param {number} status */
  const failed = (status) => {
    store.connected(status === 401 || status === 403 ? "locked" : "lost");
    setTimeout(open, wait);
    wait = Math.min(MOST_WAIT, 2 * wait);
  };

  // A laptop that wakes up should not wait for its turn.
  addEventListener("online", () => (wait = LEAST_WAIT));
  void open();
}

/** @returns {Promise<Job[]>} oldest first */
export async function allJobs() {
  const jobs = await api.jobs();
  return jobs.sort((a, b) => ((a.created ?? 0) < (b.created ?? 0) ? -1 : 1));
}
