/**
 * The drawings of icons.svg, put into the page once: those of a file elsewhere would be missing where they are first
 * needed, when the server is away.
 */
export async function loadIcons() {
  const answer = await fetch("static/icons.svg");
  const drawings = new DOMParser().parseFromString(await answer.text(), "image/svg+xml").documentElement;
  drawings.setAttribute("display", "none");
  drawings.setAttribute("aria-hidden", "true");
  for (const symbol of drawings.querySelectorAll("symbol")) symbol.id = `icon-${symbol.id}`;
  document.body.append(document.importNode(drawings, true));
}
