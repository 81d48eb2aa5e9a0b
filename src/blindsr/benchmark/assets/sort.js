// A click on a heading sorts its table by the numbers of that column, and another one turns the order.
for (const table of document.querySelectorAll("table[data-sort]")) {
  table.querySelectorAll("thead th").forEach((heading, column) => {
    const button = document.createElement("button");
    button.textContent = heading.textContent;
    heading.replaceChildren(button);
    button.addEventListener("click", () => {
      const turn = heading.getAttribute("aria-sort") === "descending" ? 1 : -1;
      table.querySelectorAll("th").forEach((one) => one.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", turn < 0 ? "descending" : "ascending");
      const body = table.tBodies[0];
      const key = (row) => row.cells[column].dataset.value;
      const rows = [...body.rows].sort((a, b) => {
        const [x, y] = [key(a), key(b)];
        if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
        return turn * (isNaN(x) || isNaN(y) ? y.localeCompare(x) * -1 : x - y);
      });
      body.append(...rows);
    });
  });
}
