/**
 * What the browser remembers for the next visit: which photographs were here, and their settings.
 */
const KEY = "blindsr.photographs";

/**
 * @typedef {{id: string, settings: import("./settings.js").Settings}} Remembered
 */

/** @param {Storage} [storage] @returns {Remembered[]} */
export function recall(storage = localStorage) {
  try {
    const kept = JSON.parse(storage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one) => typeof one?.id === "string") : [];
  } catch {
    return []; // Storage may be forbidden, or hold what an older page wrote.
  }
}

/** @param {import("./item.js").Item[]} items @param {Storage} [storage] */
export function remember(items, storage = localStorage) {
  const kept = items.flatMap((item) => (item.photo ? [{ id: item.photo.id, settings: item.settings }] : []));
  try {
    storage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Without it only photographs that no job restores are lost on the next visit.
  }
}
