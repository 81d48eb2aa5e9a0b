/**
 * The template library; other modules import it from here.
 */
export { html, nothing, render, svg } from "lit-html";
export { live } from "lit-html/directives/live.js";
export { repeat } from "lit-html/directives/repeat.js";

import { html } from "lit-html";

/**
 * @param {string} name of a drawing in icons.svg, which `loadIcons` puts into the page
 */
export const icon = (name) =>
  html`<svg class="icon" aria-hidden="true" focusable="false">
    <use href="#icon-${name}"></use>
  </svg>`;
