/**
 * Dragging with a finger or the mouse.
 */

/**
 * @param {HTMLElement} element that captures the pointer
 * @param {PointerEvent} event that starts the drag
 * @param {(event: PointerEvent) => void} to receives the position, from the first event on
 */
export function follow(element, event, to) {
  to(event);
  element.setPointerCapture(event.pointerId);
  const drag = new AbortController();
  const { signal } = drag;
  element.addEventListener("pointermove", to, { signal });
  for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, () => drag.abort(), { signal });
}
