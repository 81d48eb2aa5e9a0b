/**
 * What follows a finger or the mouse until it is lifted.
 */

/**
 * @param {HTMLElement} element that has the pointer meanwhile, wherever it goes
 * @param {PointerEvent} event that began it
 * @param {(event: PointerEvent) => void} to told where it is, from now on
 */
export function follow(element, event, to) {
  to(event);
  element.setPointerCapture(event.pointerId);
  const drag = new AbortController();
  const { signal } = drag;
  element.addEventListener("pointermove", to, { signal });
  for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, () => drag.abort(), { signal });
}
