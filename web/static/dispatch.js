// The dispatch board: drag an order (or all chosen ones) onto a unit, or choose with v and press the unit's digit;
// the map shows the same orders. The board is fetched anew while nobody has chosen anything.

import { escaped, planMap } from "./plan_map.js";

const board = document.querySelector("#dispatch-board");
const chosen = () => [...board.querySelectorAll("input[name=order]:checked")];
const typing = (node) => node && (node.isContentEditable || (/^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName) && node.type !== "checkbox"));

// ---- choosing
board.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]")) for (const box of board.querySelectorAll("input[name=order]")) box.checked = event.target.checked;
});
board.addEventListener("click", (event) => {
  const only = event.target.closest("[data-only]");
  if (only) for (const box of board.querySelectorAll("input[name=order]")) box.checked = box.value.startsWith(`${only.dataset.only}:`);
}, true);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
  if (document.querySelector("dialog[open]") || !/^[1-9]$/.test(event.key)) return;
  const here = board.querySelector("tr.here input[name=order]");
  if (!chosen().length && here) here.checked = true;
  if (!chosen().length) return;
  event.preventDefault();
  board.querySelector(`[data-unit-key="${event.key}"]`)?.click();
});

// ---- dragging
board.addEventListener("dragstart", (event) => {
  const row = event.target.closest("tr[data-order]");
  if (!row) return;
  const box = row.querySelector("input[name=order]");
  if (!box.checked) { for (const other of chosen()) other.checked = false; box.checked = true; }
  row.classList.add("dragged");
  event.dataTransfer.setData("text/plain", row.dataset.order);
  event.dataTransfer.effectAllowed = "move";
});
board.addEventListener("dragend", () => { for (const row of board.querySelectorAll(".dragged")) row.classList.remove("dragged"); });
board.addEventListener("dragover", (event) => {
  const unit = event.target.closest("[data-unit]");
  for (const other of board.querySelectorAll(".unit.over")) if (other !== unit) other.classList.remove("over");
  if (unit) { event.preventDefault(); unit.classList.add("over"); }
});
board.addEventListener("drop", (event) => {
  const unit = event.target.closest("[data-unit]");
  if (!unit) return;
  event.preventDefault();
  unit.querySelector("button").click();
});

// ---- fresh figures
setInterval(() => {
  if (document.hidden || chosen().length || board.contains(document.activeElement) || board.querySelector(".dragged")) return;
  htmx.ajax("GET", "/dispatch/board", { target: board, swap: "innerHTML" });
}, 20000);

// ---- what stands on the map
const place = document.querySelector("#dispatch-map");
const words = place ? JSON.parse(place.dataset.words) : {};
let layer = null;

function draw(map) {
  const source = board.querySelector("[data-map]");
  if (!source) return;
  const { units, orders } = JSON.parse(source.dataset.map);
  layer?.remove();
  layer = L.layerGroup().addTo(map);
  for (const one of orders) {
    const classes = ["map-order", one.waiting && "waiting", !one.exact && "about", one.late && "late", one.urgent && "urgent"].filter(Boolean).join(" ");
    const size = one.waiting ? 15 : 11;
    L.marker(one.at, { icon: L.divIcon({ className: classes, iconSize: [size, size] }), title: one.number, keyboard: false })
      .bindTooltip(`<b>${escaped(one.number)}</b> ${escaped(one.title)}<br>${escaped(one.address)}${one.unit ? `<br>${escaped(one.unit)}` : ""}${one.exact ? "" : `<br><i>${escaped(words.about)}</i>`}`)
      .on("click", () => choose(one)).addTo(layer);
  }
  for (const one of units) {
    L.marker(one.at, { icon: L.divIcon({ className: "map-unit", iconSize: [26, 24], html: String(one.load) }), title: one.name, keyboard: false })
      .bindTooltip(escaped(one.name)).on("click", () => { if (chosen().length) board.querySelector(`[data-unit="${CSS.escape(one.code)}"] button`)?.click(); }).addTo(layer);
  }
}

function choose(one) {
  const row = board.querySelector(`tr[data-order="${one.id}"]`);
  if (!row) { location.assign(`/work-orders/${one.id}`); return; }
  const box = row.querySelector("input[name=order]");
  box.checked = !box.checked;
  row.scrollIntoView({ block: "nearest" });
}

async function startMap() {
  const map = await planMap(place);
  draw(map);
  board.addEventListener("htmx:afterSwap", () => draw(map));
}

if (place) startMap();
