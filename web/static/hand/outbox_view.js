// What has not been sent, and what was not accepted: each with its reason, none ever goes by itself.

import * as db from "./db.js";
import { h, icon } from "./h.js";
import * as queue from "./queue.js";
import * as sync from "./sync.js";
import { t, when } from "./words.js";

/** Return the page of the queue. */
export function outboxView(state) {
  const refused = state.items.filter((item) => item.state === "attention");
  const waiting = state.items.filter((item) => item.state === "waiting");
  return h("main", { class: "view" },
    refused.length > 0 && h("section", {}, h("h2", {}, t("hand.not_accepted")), h("ul", { class: "items" }, refused.map((item) => problem(state, item)))),
    h("section", {}, h("h2", {}, t("hand.not_sent", { n: waiting.length })),
      waiting.length ? h("ul", { class: "items" }, waiting.map((item) => row(state, item))) : h("p", { class: "empty" }, icon("done"), t("hand.all_sent"))),
    waiting.length > 0 && h("button", { class: "big", onclick: () => sync.soon(0) }, icon("up"), t("hand.send_now")));
}

function name(state, item) {
  const task = state.tasks.find((one) => one.id === item.order_id);
  const what = item.upload ? `${t(`hand.${item.upload.kind}`)} · ${t(`hand.phase_${item.upload.phase}`)}` : t(`hand.did_${item.action.kind}`);
  return h("span", { class: "what" }, h("b", {}, what), h("small", {}, `${task?.number ?? `#${item.order_id}`} · ${when(item.upload?.taken_at ?? item.action.performed_at)}`));
}

function row(state, item) {
  const sending = sync.status.sending?.seq === item.seq;
  return h("li", { class: "item" }, name(state, item),
    h("span", { class: "share" }, sending ? `${Math.round(sync.status.sending.share * 100)} %` : t("hand.kept_here")));
}

function problem(state, item) {
  return h("li", { class: "item bad" }, name(state, item),
    h("p", {}, icon("warning"), item.message || t("hand.refused")),
    h("p", { class: "small" }, t(item.outcome === "conflict" ? "hand.conflict_meaning" : "hand.refused_meaning")),
    h("div", { class: "row" },
      item.upload && h("button", { class: "slim", onclick: () => save(item) }, t("hand.save_copy")),
      h("button", { class: "slim", onclick: () => queue.again(item) }, t("hand.try_again")),
      h("button", { class: "slim", onclick: () => confirm(t("hand.drop_sure")) && queue.finish(item) }, t("hand.seen"))));
}

/** Give a file that was not accepted back to the person. */
async function save(item) {
  const file = await db.get("files", item.upload.key);
  if (!file) return;
  const address = URL.createObjectURL(new Blob([file.content], { type: file.type }));
  h("a", { href: address, download: `${item.upload.key}.${file.type.split("/")[1] || "bin"}` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}
