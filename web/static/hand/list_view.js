// The list of tasks: what hurries most stands on top.

import { h, icon } from "./h.js";
import { shown } from "./overlay.js";
import { code, either, t, when } from "./words.js";

/** Return the list. */
export function listView(state) {
  const seen = state.tasks.map((task) => shown(task, state.items)).filter((task) => task.status !== "handled" || task.waiting);
  seen.sort((one, other) => (one.status === "handled") - (other.status === "handled") || one.due_at.localeCompare(other.due_at));
  return h("main", { class: "view" },
    attention(state), beside(state.beside),
    seen.length ? h("ul", { class: "tasks" }, seen.map(card)) : h("p", { class: "empty" }, icon("done"), t("hand.no_tasks")),
    h("p", { class: "muted small centre" }, state.refreshed ? t("hand.as_of", { time: when(state.refreshed) }) : ""));
}

function attention(state) {
  const count = state.items.filter((item) => item.state === "attention").length;
  return count > 0 && h("a", { class: "notice bad", href: "#/outbox" }, icon("warning"), t("hand.attention", { n: count }));
}

/** The ways to what is not a task: rounds that wait, and what one was told. They need the network. */
function beside(many) {
  const way = (id, href, name, word, count) => h("a", { class: count > 0 ? "button some" : "button", id, href },
    icon(name), t(word), count > 0 && h("b", { class: "badge" }, count > 99 ? "99+" : count));
  return h("nav", { class: "row" },
    way("rounds", "/rounds?mine=1", "rounds", "hand.rounds", many?.rounds),
    way("notices", "/notices?unseen=1", "bell", "hand.notices", many?.notices));
}

function card(task) {
  const late = task.status !== "handled" && new Date(task.due_at) < new Date();
  return h("li", {},
    h("a", { class: `card ${task.priority}`, href: `#/task/${task.id}`, "data-order": task.number },
      h("span", { class: "head" },
        h("b", {}, task.title),
        h("span", { class: `badge ${task.suspended ? "warn" : task.status}` },
          task.suspended ? t("hand.suspended") : t(`order_status.${task.status}`))),
      h("span", { class: "line" }, icon("place"), task.address || t("hand.no_address")),
      h("span", { class: "line small" },
        h("span", { class: late ? "late" : "" }, icon("clock"), t(late ? "hand.late" : "hand.due", { time: when(task.due_at) })),
        h("span", {}, either(task.category_zh, task.category_en) || either(task.type_zh, task.type_en)),
        ["high", "urgent"].includes(task.priority) && h("b", { class: "hurry" }, code("priority", task.priority)),
        task.waiting > 0 && h("span", { class: "wait" }, icon("up"), t("hand.waiting", { n: task.waiting })))));
}
