// Small questions about a task: materials used, a reason, a note.

import { h, sheet, toast } from "./h.js";
import { t } from "./words.js";

const UNITS = ["piece", "metre", "set", "kilogram"];

/** Ask for one material; `take` is given a list of {name, quantity, unit}. */
export function askMaterials(take) {
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
