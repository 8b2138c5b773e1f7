// Filters and sorts the tables that ask for it (data-sort, data-filter). Without it they are plain tables.
"use strict";
(() => {
  const english = document.documentElement.lang === "en";
  const collator = new Intl.Collator(english ? "en" : "zh-CN", { numeric: true });

  const key = (cell, numeric) => {
    const text = (cell.dataset.value ?? cell.textContent).trim();
    if (!numeric) return text;
    const value = parseFloat(text.replace(/[^\d.eE+-]/g, ""));
    return Number.isNaN(value) ? null : value;
  };

  const sort = (table, header, index) => {
    const descending = header.getAttribute("aria-sort") === "ascending";
    const numeric = header.dataset.type === "number";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [key(row.cells[index], numeric), row]);
    rows.sort(([a], [b]) => {
      if (a === null || a === "" || b === null || b === "") return (a === null || a === "") - (b === null || b === "");
      const order = numeric ? a - b : collator.compare(a, b);
      return descending ? -order : order;
    });
    body.append(...rows.map(([, row]) => row));
  };

  for (const table of document.querySelectorAll("table[data-sort]")) {
    [...table.tHead.rows[0].cells].forEach((header, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => sort(table, header, index));
    });
  }

  for (const box of document.querySelectorAll(".filter[data-for]")) {
    const root = document.getElementById(box.dataset.for);
    const input = box.querySelector("input");
    const count = box.querySelector("output");
    const entries = root.tagName === "TABLE" ? [...root.tBodies[0].rows] : [...root.querySelectorAll("li")];
    const texts = entries.map((entry) => entry.textContent.toLowerCase());
    const apply = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      entries.forEach((entry, index) => {
        entry.hidden = !words.every((word) => texts[index].includes(word));
        if (!entry.hidden) shown += 1;
      });
      count.textContent = words.length ? `${shown} / ${entries.length}` : "";
    };
    input.addEventListener("input", apply);
    box.hidden = false;
    apply();
  }
})();
