/**
 * Pictures that the browser may be unable to show: it does not support all formats that the server reads, and the server
 * may be unreachable.
 */
import { store } from "./store.js";

/** @param {Event} event of an image that failed to load; it is loaded again when the server is back */
export function hideBroken(event) {
  const image = event.target;
  if (!(image instanceof HTMLImageElement)) return;
  image.style.visibility = "hidden";
  const { src } = image;
  const again = () => {
    if (image.isConnected && image.src === src) image.src = src;
  };
  store.addEventListener("back", again, { once: true });
}

/** @param {Event} event of an image that has loaded after it had failed */
export function showLoaded(event) {
  if (event.target instanceof HTMLElement) event.target.style.visibility = "visible";
}
