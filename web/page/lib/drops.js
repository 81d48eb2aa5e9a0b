/**
 * Photographs that are dropped anywhere on the page, pasted, or chosen in a dialog.
 */
import { add } from "./actions.js";

/** File types that the dialog suggests; the server decides which it can read. */
export const ACCEPTED = "image/*,.heic,.heif,.avif,.tif,.tiff,.ppm,.pgm,.pnm";

/** Add photographs that are dropped or pasted anywhere on the page. */
export function listenToDrops() {
  const over = (/** @type {boolean} */ is) => document.documentElement.classList.toggle("dropping", is);
  let depth = 0; // every element that is entered or left sends an event
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

/** Open the file dialog; with a new input each time, the same file can be chosen again. */
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
