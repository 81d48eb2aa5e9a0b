/**
 * Shows the photograph instead of the result while a key or a button is held.
 */
const KEY = "b";

export const flips = new EventTarget();

/** @param {boolean} before whether only the photograph is shown */
export function flip(before) {
  const root = document.documentElement;
  if (root.classList.contains("flipped") === before) return;
  root.classList.toggle("flipped", before);
  flips.dispatchEvent(new CustomEvent("flip", { detail: before }));
}

/** Listen to the key, except in text fields. */
export function listenToFlips() {
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== KEY || event.ctrlKey || event.metaKey || event.altKey || writing(event)) return;
    flip(true);
  });
  addEventListener("keyup", (event) => event.key.toLowerCase() === KEY && flip(false));
  addEventListener("blur", () => flip(false));
  addEventListener("pointerup", () => flip(false));
  addEventListener("pointercancel", () => flip(false));
}

/** @param {KeyboardEvent} event */
export function held(event) {
  if (event.key !== " " && event.key !== "Enter") return;
  event.preventDefault();
  flip(event.type === "keydown");
}

/** @param {KeyboardEvent} event @returns {boolean} whether the event is of a text field */
function writing(event) {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  return target.matches("textarea, select, input:not([type=range], [type=checkbox], [type=radio])");
}
