/**
 * Short messages that disappear after some seconds, and that screen readers read out.
 */
import { html, icon, repeat } from "../lib/html.js";
import { store } from "../lib/store.js";
import { View } from "../lib/view.js";

/** Plain messages are for screen readers only, since they repeat what the page shows. */
const ICONS = { good: "check", bad: "alert", plain: "photo" };

class NoticeList extends View {
  /** @override */
  template() {
    return html`<div class="notices" role="log" aria-live="polite" aria-label="Messages">
      ${repeat(
        store.notices,
        (notice) => notice.id,
        (notice) =>
          html`<div class="notice ${notice.kind} ${notice.kind === "plain" ? "visually-hidden" : ""}">
            ${icon(ICONS[notice.kind])}
            <p>${notice.text}</p>
            <button class="button quiet square" aria-label="Dismiss" @click=${() => store.dismiss(notice.id)}>
              ${icon("close")}
            </button>
          </div>`,
      )}
    </div>`;
  }
}

customElements.define("notice-list", NoticeList);
