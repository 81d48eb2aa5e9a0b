/**
 * Adds the drawings of icons.svg to the page; references to the file would fail if the server cannot be reached when an
 * icon is first shown.
 */
export async function loadIcons() {
  const answer = await fetch("static/icons.svg");
  const drawings = new DOMParser().parseFromString(await answer.text(), "image/svg+xml").documentElement;
  drawings.setAttribute("display", "none");
  drawings.setAttribute("aria-hidden", "true");
  for (const symbol of drawings.querySelectorAll("symbol")) symbol.id = `icon-${symbol.id}`;
  document.body.append(document.importNode(drawings, true));
}
