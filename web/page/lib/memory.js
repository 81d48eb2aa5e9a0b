/**
 * Storage of the ids and settings of photographs in the browser, for the next visit.
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
    return []; // storage may be forbidden, or contain data of an older version
  }
}

/** @param {import("./item.js").Item[]} items @param {Storage} [storage] */
export function remember(items, storage = localStorage) {
  const kept = items.flatMap((item) => (item.photo ? [{ id: item.photo.id, settings: item.settings }] : []));
  try {
    storage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Without storage, only photographs without jobs are missing at the next visit.
  }
}
