// One task: where, who, what is to do next; evidence before, during and after; materials; signature.

import * as api from "./api.js";
import { take } from "./camera.js";
import { h, icon, sheet, toast } from "./h.js";
import { leftInStores, missing, nextStep, shown } from "./overlay.js";
import { here, wayTo } from "./place.js";
import * as queue from "./queue.js";
import { sign } from "./signature.js";
import { askMaterials, askReason } from "./task_sheets.js";
import { code, either, t, when } from "./words.js";

const numbers = new Map(); // whole numbers that were shown: in memory only, gone with the page
const STEPS = ["acknowledge", "start", "finish"];

/** Return the page of a task. */
export function taskView(state, id) {
  const task = state.tasks.find((one) => one.id === id);
  if (!task) return h("main", { class: "view" }, h("p", { class: "empty" }, t("hand.task_gone")), h("a", { class: "big button", href: "#/" }, t("hand.back")));
  const seen = shown(task, state.items);
  const open = ["dispatched", "accepted", "acknowledged", "in_progress"].includes(seen.status);
  return h("main", { class: "view task" },
    problems(state, seen), facts(state, seen), steps(seen),
    open && seen.status !== "dispatched" && [evidence(state, seen), used(state, seen), signature(seen)],
    open && bar(state, seen));
}

function problems(state, seen) {
  const refused = state.items.filter((item) => item.order_id === seen.id && item.state === "attention");
  return refused.map((item) => h("a", { class: "notice bad", href: "#/outbox" }, icon("warning"), item.message));
}

function facts(state, seen) {
  const way = wayTo(seen, state.me);
  return h("section", { class: "panel facts" },
    h("p", { class: "small muted" }, `${seen.number} · ${either(seen.category_zh, seen.category_en) || either(seen.type_zh, seen.type_en)} · ${code("priority", seen.priority)}`),
    h("h1", {}, seen.title),
    seen.reopened > 0 && h("p", { class: "notice warn" }, icon("warning"), t("hand.reopened", { n: seen.reopened }), seen.last_reason ? ` ${seen.last_reason}` : ""),
    seen.suspended && h("p", { class: "notice warn" }, icon("clock"), t(`suspend_reason.${seen.suspended}`)),
    h("p", { class: "address" }, seen.address || t("hand.no_address")),
    seen.description && h("p", { class: "text" }, seen.description),
    h("p", { class: "small" }, icon("clock"), t("hand.due", { time: when(seen.due_at) })),
    h("div", { class: "row" },
      way && h("a", { class: "big button", href: way, rel: "noreferrer" }, icon("place"), t("hand.navigate")),
      seen.contact_number && call(seen)));
}

function call(seen) {
  const whole = numbers.get(seen.id);
  if (whole) return h("a", { class: "big button good", href: `tel:${whole}` }, icon("phone"), whole);
  return h("button", { class: "big", onclick: () => reveal(seen) }, icon("phone"), h("span", {}, seen.contact_name || t("hand.customer"), h("small", {}, seen.contact_number)));
}

async function reveal(seen) {
  try {
    numbers.set(seen.id, (await api.number(seen.id)).contact_number);
    queue.changed();
  } catch (error) {
    toast(error instanceof api.NoAnswer ? t("hand.number_offline") : error.message);
  }
}

function steps(seen) {
  return h("ol", { class: "steps" }, STEPS.map((step, at) => h("li", { class: seen.step > at ? "done" : seen.step === at ? "now" : "" }, t(`hand.step_${step}`))));
}

function evidence(state, seen) {
  return h("section", { class: "panel" }, h("h2", {}, t("hand.evidence")),
    ["before", "during", "after"].map((phase) => {
      const demanded = seen[`photo_${phase}`];
      return h("div", { class: "phase", "data-phase": phase },
        h("div", { class: "phase-head" }, h("b", {}, t(`hand.phase_${phase}`)),
          demanded && h("span", { class: `badge ${seen.photos[phase] ? "good" : "bad"}` }, t(seen.photos[phase] ? "hand.there" : "hand.demanded"))),
        h("div", { class: "shots" }, shots(seen, phase),
          h("button", { class: "shot add", "aria-label": `${t("hand.take_photo")} ${t(`hand.phase_${phase}`)}`, onclick: () => take(seen.id, "photo", phase, state.me.limits) }, icon("camera"), t("hand.photo")),
          h("button", { class: "shot add", "aria-label": `${t("hand.take_video")} ${t(`hand.phase_${phase}`)}`, onclick: () => take(seen.id, "video", phase, state.me.limits) }, icon("film"), t("hand.video"))));
    }));
}

function shots(seen, phase) {
  const there = seen.evidence.filter((one) => one.phase === phase && one.kind !== "signature").map((one) => {
    const picture = one.kind === "photo" && h("img", { src: `/api/v1/evidence/${one.id}/thumbnail`, alt: t(`hand.${one.kind}`), loading: "lazy" });
    return h("span", { class: "shot kept" }, picture || icon("film"), icon("done"));
  });
  const local = seen.local.filter((one) => one.phase === phase && one.kind !== "signature");
  return [...there, ...local.map((one) => h("span", { class: "shot waits", title: t("hand.kept_here") }, icon(one.kind === "photo" ? "camera" : "film"), h("small", {}, when(one.taken_at))))];
}

function used(state, seen) {
  const take = (materials) => queue.addAction(seen.id, "materials", { materials });
  return h("section", { class: "panel" }, h("h2", {}, t("hand.materials")),
    seen.materials.length > 0 && h("ul", { class: "lines" }, seen.materials.map((one) => h("li", {}, h("span", {}, one.name, one.part && h("small", { class: "muted" }, ` ${t("hand.from_stock")}`)), h("b", {}, `${one.quantity} ${one.unit}`)))),
    h("button", { class: "big", onclick: () => askMaterials(leftInStores(state.parts, state.items), take) }, icon("plus"), t("hand.add_material")));
}

function signature(seen) {
  const keep = async (blob) => { await queue.addFile(seen.id, "signature", "after", blob, await here()); toast(t("hand.kept")); };
  return h("section", { class: "panel" }, h("h2", {}, t("hand.signature")),
    h("button", { class: `big ${seen.signed ? "good" : ""}`, onclick: () => sign(keep) }, icon(seen.signed ? "done" : "pen"), t(seen.signed ? "hand.signed" : "hand.sign")));
}

function bar(state, seen) {
  const step = nextStep(seen);
  return h("footer", { class: "bar" },
    h("button", { class: "more", "aria-label": t("hand.more"), onclick: () => more(state, seen) }, icon("more")),
    step && h("button", { class: "primary next", onclick: () => go(seen, step) }, t(`hand.do_${step}`)));
}

function go(seen, step) {
  if (step !== "finish") return queue.addAction(seen.id, step);
  const lacking = missing(seen);
  if (lacking.length) return toast(t("hand.photos_missing", { phases: lacking.map((phase) => t(`hand.phase_${phase}`)).join("、") }));
  const note = h("textarea", { id: "finish-note", maxlength: 2000, rows: 3, placeholder: t("hand.what_was_done"), "aria-label": t("hand.what_was_done") });
  const dialog = sheet(t("hand.finish_title"), note,
    !seen.signed && h("p", { class: "small muted" }, t("hand.no_signature_yet")),
    h("button", { class: "big primary", onclick: async () => { await queue.addAction(seen.id, "finish", { note: note.value.trim() }); dialog.close(); location.hash = "#/"; } }, t("hand.do_finish")));
}

function more(state, seen) {
  const reasons = state.me.suspend_reasons.map((one) => [one, t(`suspend_reason.${one}`)]);
  const started = seen.status === "in_progress";
  const dialog = sheet(t("hand.more"),
    h("button", { class: "big", onclick: () => { dialog.close(); askReason(t("hand.note_title"), [], (_, note) => queue.addAction(seen.id, "note", { note })); } }, t("hand.did_note")),
    started && !seen.suspended && h("button", { class: "big", onclick: () => { dialog.close(); askReason(t("hand.did_suspend"), reasons, (reason, note) => queue.addAction(seen.id, "suspend", { reason, note })); } }, t("hand.did_suspend")),
    h("button", { class: "big bad", onclick: () => { dialog.close(); askReason(t("hand.return_title"), [], (_, note) => queue.addAction(seen.id, "return", { note })); } }, t("hand.did_return")));
}
