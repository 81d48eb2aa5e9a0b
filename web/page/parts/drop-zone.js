/**
 * The page without photographs: where to drop or choose some.
 */
import { choose } from "../lib/drops.js";
import { html, icon } from "../lib/html.js";
import { View } from "../lib/view.js";

class DropZone extends View {
  /** @override */
  template() {
    const here = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
    return html`<section class="invitation">
      <div class="invitation-drop">
        <img src="static/empty.svg" alt="" width="360" height="220" />
        <h1>Drop photographs here</h1>
        <p class="lead">See how blurred, noisy and compressed each one is, and restore it accordingly.</p>
        <button class="button primary large" @click=${choose}>${icon("photo")}Choose photographs</button>
        <p class="soft small keys">or paste one with <kbd>Ctrl</kbd> <kbd>V</kbd></p>
      </div>
      <p class="soft small">
        JPEG, PNG, WebP, TIFF, AVIF, HEIC, GIF and more.
        ${here ? "They stay on this computer." : html`They go to ${location.host} and nowhere else.`}
      </p>
    </section>`;
  }
}

customElements.define("drop-zone", DropZone);
