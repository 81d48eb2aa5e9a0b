/**
 * Receives changes of jobs, and notices when the server cannot be reached and when it is back.
 */
import { asProblem } from "./problem.js";
import { store } from "./store.js";

/** @typedef {import("./api.js").Job} Job */

const LEAST_WAIT = 1000;
const MOST_WAIT = 15000;

/**
 * Listen for as long as the page is open.
 *
 * @param {object} told
 * @param {() => Promise<void>} told.greet sends a first request, which fails if access is denied
 * @param {() => Promise<void>} told.refresh called when the server is reached, for the first time or again
 * @param {(job: Job) => void} told.changed called with a job that is new or has changed
 */
export function listen({ greet, refresh, changed }) {
  let wait = LEAST_WAIT;

  /** @param {unknown} error */
  const failed = (error) => {
    store.connected([401, 403].includes(asProblem(error).status) ? "locked" : "lost");
    setTimeout(open, wait);
    wait = Math.min(MOST_WAIT, 2 * wait);
  };

  const open = async () => {
    try {
      await greet();
      await hear(refresh, changed, failed);
      wait = LEAST_WAIT;
      store.connected("open");
    } catch (error) {
      failed(error);
    }
  };

  // After the network is back, the next attempt comes soon.
  addEventListener("online", () => (wait = LEAST_WAIT));
  void open();
}

/**
 * Open the stream, then request everything, so that no change is missed; events that arrive meanwhile are newer.
 *
 * @param {() => Promise<void>} refresh
 * @param {(job: Job) => void} changed
 * @param {(error: unknown) => void} lost called once, when the stream ends after it was open
 * @returns {Promise<void>} resolved when both are done
 */
function hear(refresh, changed, lost) {
  return new Promise((resolve, reject) => {
    const source = new EventSource("v1/events");
    /** @type {Job[] | null} */
    let early = [];
    source.addEventListener("job", (event) => {
      const job = JSON.parse(event.data);
      if (early) early.push(job);
      else changed(job);
    });
    source.onopen = async () => {
      try {
        await refresh();
        for (const job of early ?? []) changed(job);
        early = null;
        resolve();
      } catch (error) {
        source.close();
        reject(error);
      }
    };
    source.onerror = () => {
      // The browser's own reconnection would miss changes, so everything is requested again.
      source.close();
      if (early) reject(new TypeError("no stream"));
      else lost(new TypeError("the stream ended"));
    };
  });
}
