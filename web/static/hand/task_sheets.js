// Small questions about a task: materials used, a reason, a note.

import { h, icon, sheet, toast } from "./h.js";
import { t } from "./words.js";

const UNITS = ["piece", "metre", "set", "kilogram"];
const SEARCH_FROM = 7; // so many parts are seen at a glance

/** Ask for materials, out of the crew's stores or in words; `take` is given a list of {name, quantity, unit, part?, store?}. */
export function askMaterials(parts, take) {
  const there = parts.filter((part) => part.quantity > 0);
  if (!there.length) return askInWords(take);
  const rows = there.map(partRow), stores = new Set(there.map((part) => part.store));
  const search = h("input", { type: "search", "aria-label": t("hand.find_part"), placeholder: t("hand.find_part") });
  search.addEventListener("input", () => {
    for (const row of rows) row.node.hidden = !row.words.includes(search.value.trim().toLowerCase());
  });
  const dialog = sheet(t("hand.from_store", { store: [...new Set(there.map((part) => part.store_name))].join("、") }),
    there.length >= SEARCH_FROM && search,
    h("ul", { class: stores.size > 1 ? "parts several" : "parts", tabindex: "-1", autofocus: true }, rows.map((row) => row.node)),
    h("div", { class: "row" },
      h("button", { class: "big", onclick: () => { dialog.close(); askInWords(take); } }, t("hand.other_material")),
      h("button", {
        class: "big primary",
        onclick: () => {
          const materials = rows.flatMap((row) => row.taken());
          if (!materials.length) return toast(t("hand.none_chosen"));
          take(materials);
          return dialog.close();
        },
      }, t("hand.keep"))));
  return dialog;
}

/** Return one part's line with its − and +, and what is taken of it. */
function partRow(part) {
  let many = 0;
  const name = `${part.name} ${part.spec}`.trim();
  const count = h("input", { class: "many", inputmode: "numeric", maxlength: 6, value: "0", "aria-label": `${t("hand.quantity")} ${name}` });
  const set = (wanted) => {
    many = Math.min(part.quantity, Math.max(0, wanted || 0));
    node.classList.toggle("chosen", many > 0);
  };
  const step = (by) => () => { set(many + by); count.value = String(many); };
  count.addEventListener("input", () => set(parseInt(count.value, 10)));
  count.addEventListener("change", () => { count.value = String(many); });
  count.addEventListener("focus", () => count.select());
  const node = h("li", { class: "part", "data-part": part.code },
    h("span", { class: "what" }, h("b", {}, name), h("small", {}, t("hand.left", { n: part.quantity, unit: part.unit }), h("span", { class: "store" }, ` · ${part.store_name}`))),
    h("button", { class: "step", "aria-label": `− ${name}`, onclick: step(-1) }, "−"), count,
    h("button", { class: "step", "aria-label": `+ ${name}`, onclick: step(1) }, icon("plus")));
  const taken = () => (many ? [{ name, quantity: String(many), unit: part.unit, part: part.code, store: part.store }] : []);
  return { node, taken, words: `${name} ${part.code} ${part.store_name}`.toLowerCase() };
}

/** Ask for one material in words. */
function askInWords(take) {
  const name = h("input", { id: "material-name", maxlength: 64, placeholder: t("hand.material_hint") });
  const quantity = h("input", { id: "material-quantity", inputmode: "decimal", maxlength: 10, value: "1" });
  const unit = h("select", { id: "material-unit" }, UNITS.map((one) => h("option", { value: t(`hand.unit_${one}`) }, t(`hand.unit_${one}`))));
  const dialog = sheet(t("hand.add_material"),
    h("label", {}, t("hand.material"), name),
    h("div", { class: "row" }, h("label", {}, t("hand.quantity"), quantity), h("label", {}, t("hand.unit"), unit)),
    h("button", {
      class: "big primary",
      onclick: () => {
        if (!name.value.trim() || !/^[0-9]{1,6}([.][0-9]{1,3})?$/.test(quantity.value.trim())) return toast(t("hand.material_wrong"));
        take([{ name: name.value.trim(), quantity: quantity.value.trim(), unit: unit.value }]);
        return dialog.close();
      },
    }, t("hand.keep")));
}

/** Ask for a reason out of a list (which may be empty) and for words; `take(reason, note)`. Without a list words are needed. */
export function askReason(title, reasons, take) {
  const note = h("textarea", { id: "reason-note", maxlength: 2000, rows: 3, "aria-label": t("hand.words") });
  const choice = reasons.length > 0 && h("select", { id: "reason", "aria-label": title }, reasons.map(([value, text]) => h("option", { value }, text)));
  const dialog = sheet(title, choice, note,
    h("button", {
      class: "big primary",
      onclick: () => {
        if (!note.value.trim() && !choice) return toast(t("hand.words_needed"));
        take(choice ? choice.value : "", note.value.trim());
        return dialog.close();
      },
    }, t("hand.keep")));
}
