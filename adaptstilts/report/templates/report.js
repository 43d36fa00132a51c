"use strict";
function value(row, place) {
  const text = row.cells[place].textContent.trim();
  const number = /^[-+\u2212]?[\d,.]+( %)?$/.test(text) ? parseFloat(text.replace("\u2212", "-").replace(/,/g, "")) : NaN;
  return Number.isNaN(number) ? text : number;
}
function order(a, b) {
  if (typeof a === typeof b) return typeof a === "number" ? a - b : a.localeCompare(b);
  return typeof a === "number" ? -1 : 1;
}
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = Array.from(table.tHead.rows[0].cells);
  heads.forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.title = "sort by " + head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = table.tBodies[0];
      const rows = Array.from(body.rows, (row) => [value(row, place), row]);
      rows.sort((a, b) => (down ? order(b[0], a[0]) : order(a[0], b[0])));
      body.append(...rows.map((pair) => pair[1]));
    });
  });
}
const choice = document.getElementById("language");
if (choice) {
  choice.closest(".filter").hidden = false;
  choice.addEventListener("change", () => {
    for (const row of document.querySelectorAll("tr[data-language]"))
      row.hidden = choice.value !== "" && row.dataset.language !== choice.value;
  });
}
