/**
 * Pictures that the browser may not be able to show: it does not know all formats that the server reads.
 */

/** @param {Event} event of an image that failed to load */
export function hideBroken(event) {
  if (event.target instanceof HTMLElement) event.target.style.visibility = "hidden";
}

/** @param {Event} event of an image that has loaded, after another that failed */
export function showLoaded(event) {
  if (event.target instanceof HTMLElement) event.target.style.visibility = "visible";
}
