for (const head of document.querySelectorAll("th[aria-sort]")) {
  head.querySelector("button").addEventListener("click", () => {
    const body = head.closest("table").tBodies[0], at = head.cellIndex;
    const now = head.getAttribute("aria-sort");
    const order = now === "none" ? head.dataset.first : now === "ascending" ? "descending" : "ascending";
    for (const other of head.parentElement.querySelectorAll("[aria-sort]")) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const rows = [...body.rows].map((row) => [row.cells[at].dataset, row]);
    rows.sort(([a], [b]) => {
      if (a.text !== undefined) return sign * a.text.localeCompare(b.text);
      if (a.value === undefined || b.value === undefined) return (a.value === undefined) - (b.value === undefined);
      return sign * (a.value - b.value);
    });
    body.append(...rows.map(([, row]) => row));
  });
}
