/**
 * The one place that knows where templates come from.
 */
export { html, nothing, render, svg } from "../vendor/lit-html/lit-html.js";
export { live } from "../vendor/lit-html/directives/live.js";
export { repeat } from "../vendor/lit-html/directives/repeat.js";

import { html } from "../vendor/lit-html/lit-html.js";

/**
 * @param {string} name of a drawing in icons.svg
 */
export const icon = (name) =>
  html`<svg class="icon" aria-hidden="true" focusable="false">
    <use href="static/icons.svg#${name}"></use>
  </svg>`;
