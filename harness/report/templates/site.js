const theme = document.getElementById("theme");
const remembered = (value) => {
  try { return value === undefined ? localStorage.getItem("theme") : localStorage.setItem("theme", value); } catch { return null; }
};
const dark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
const show = (value) => {
  if (value) document.documentElement.dataset.theme = value;
  theme.setAttribute("aria-pressed", dark());
};
show(remembered());
theme.hidden = false;
theme.addEventListener("click", () => { const next = dark() ? "light" : "dark"; remembered(next); show(next); });

const filters = document.getElementById("filters");
if (filters) {
  const choices = [...filters.querySelectorAll("select")];
  const rows = [...document.querySelectorAll("[data-of]")];
  const facts = new Map(rows.map((row) => [row, JSON.parse(row.dataset.of)]));
  const groups = [...document.querySelectorAll(".group")];
  const apply = () => {
    const asked = choices.filter((one) => one.value);
    for (const row of rows) row.hidden = !asked.every((one) => facts.get(row)[one.name].includes(one.value));
    for (const group of groups) group.hidden = !group.querySelector("[data-of]:not([hidden])");
    const shown = rows.filter((row) => !row.hidden).length;
    filters.querySelector("output").textContent = `${shown} of ${rows.length} ${filters.dataset.what} shown`;
    const address = new URLSearchParams(asked.map((one) => [one.name, one.value])).toString();
    history.replaceState(null, "", address ? `#${address}` : location.pathname);
  };
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
    const choice = choices.find((one) => one.name === name);
    if (choice && [...choice.options].some((one) => one.value === value)) choice.value = value;
  }
  filters.hidden = false;
  filters.addEventListener("change", apply);
  filters.addEventListener("reset", () => setTimeout(apply));
  filters.addEventListener("submit", (event) => event.preventDefault());
  if (choices.some((one) => one.value)) apply();
  else filters.querySelector("output").textContent = `${rows.length} of ${rows.length} ${filters.dataset.what} shown`;
}
