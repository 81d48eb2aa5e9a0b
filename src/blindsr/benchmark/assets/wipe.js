// A figure with two images gets a slider; without scripts both halves are seen.
for (const wipe of document.querySelectorAll(".wipe")) {
  const range = document.createElement("input");
  range.type = "range";
  range.max = "1000";
  range.value = "500";
  range.setAttribute("aria-label", wipe.dataset.label || "Position of the border between both images");
  range.addEventListener("input", () => wipe.style.setProperty("--at", `${range.value / 10}%`));
  wipe.append(range);
}
