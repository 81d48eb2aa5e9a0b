/**
 * Photographs that are dropped anywhere on the page, pasted, or chosen.
 */
import { add } from "./actions.js";

/** What the file dialog offers first; the server decides what it can read. */
export const ACCEPTED = "image/*,.heic,.heif,.avif,.tif,.tiff,.ppm,.pgm,.pnm";

/** Take photographs wherever they are dropped or pasted. */
export function listenToDrops() {
  const over = (/** @type {boolean} */ is) => document.documentElement.classList.toggle("dropping", is);
  let depth = 0; // each element that is entered and left tells so
  addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    depth += 1;
    over(true);
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (!depth) over(false);
  });
  addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    depth = 0;
    over(false);
    if (!carriesFiles(event)) return;
    event.preventDefault();
    add(event.dataTransfer?.files ?? []);
  });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) add(files);
  });
}

/** @param {DragEvent} event */
const carriesFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;

/** Open the file dialog; an input of its own lets the same file be chosen again. */
export function choose() {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  input.accept = ACCEPTED;
  input.hidden = true;
  input.dataset.testid = "files";
  input.addEventListener("change", () => {
    add(input.files ?? []);
    input.remove();
  });
  input.addEventListener("cancel", () => input.remove());
  document.body.append(input);
  input.click();
}
