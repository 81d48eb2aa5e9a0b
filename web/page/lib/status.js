/**
 * The state of a photograph, in words and with an icon.
 */
import { percent, timeLeft } from "./format.js";

/**
 * @typedef {import("./item.js").Item} Item
 * @typedef {{text: string, icon: string | null, progress: number | null, kind: "plain" | "busy" | "good" | "bad"}} Told
 */

/** @param {Item} item @returns {Told} */
export function told(item) {
  const job = item.job;
  switch (item.status) {
    case "waiting":
      return {
        text: "Waiting to be sent",
        icon: "clock",
        progress: null,
        kind: "plain",
      };
    case "sending":
      if (item.sent >= 1) return { text: "Reading", icon: null, progress: null, kind: "busy" };
      return {
        text: `Sending, ${percent(item.sent)}`,
        icon: null,
        progress: item.sent,
        kind: "busy",
      };
    case "refused":
      if (item.problem?.offline) return { text: "Not sent yet", icon: "unplugged", progress: null, kind: "bad" };
      return {
        text: "Cannot be read",
        icon: "alert",
        progress: null,
        kind: "bad",
      };
    case "looking":
      return {
        text: "Analysing",
        icon: null,
        progress: null,
        kind: "busy",
      };
    case "full":
      return {
        text: "Waiting: the queue is full",
        icon: "clock",
        progress: null,
        kind: "plain",
      };
    case "queued":
      return {
        text: place(job?.position ?? null),
        icon: "clock",
        progress: null,
        kind: "plain",
      };
    case "running":
      return {
        text: timeLeft(job?.seconds_left ?? null),
        icon: null,
        progress: job?.progress ?? 0,
        kind: "busy",
      };
    case "done":
      return { text: "Restored", icon: "check", progress: null, kind: "good" };
    case "failed":
      return { text: "Failed", icon: "alert", progress: null, kind: "bad" };
    case "gone":
      return {
        text: "No longer on the server",
        icon: "alert",
        progress: null,
        kind: "bad",
      };
    default:
      return { text: "Ready", icon: null, progress: null, kind: "plain" };
  }
}

/** @param {number | null} before number of photographs ahead @returns {string} */
function place(before) {
  if (before === null) return "In the queue";
  return before === 0 ? "Next in the queue" : `Number ${before + 1} in the queue`;
}
