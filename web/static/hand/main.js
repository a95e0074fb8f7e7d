// The field worker's page: who is here, what is shown, and when it is drawn anew.

import * as api from "./api.js";
import * as db from "./db.js";
import { h, icon } from "./h.js";
import { listView } from "./list_view.js";
import { outboxView } from "./outbox_view.js";
import * as place from "./place.js";
import * as queue from "./queue.js";
import * as sync from "./sync.js";
import { taskView } from "./task_view.js";
import { language, loadWords, setZone, t } from "./words.js";

const state = { me: null, ready: false, tasks: [], items: [], refreshed: null, parts: [], beside: null };
let installing = null;

async function begin() {
  navigator.serviceWorker?.register("/hand/sw.js", { scope: "/hand/" });
  await loadWords();
  state.me = await whoIsHere();
  if (!state.me) return draw();
  setZone(state.me.timezone);
  await db.open(state.me.user);
  state.ready = true;
  navigator.storage?.persist?.();
  queue.onChange(drawSoon);
  addEventListener("hashchange", () => { scrollTo(0, 0); drawSoon(); });
  sync.start(state.me.user);
  place.watch();
  return drawSoon();
}

/** Return who is signed in; without an answer whoever was here last. */
async function whoIsHere() {
  try {
    const found = await api.me();
    const { csrf_token: _, ...kept } = found;
    return await db.lastPerson(kept);
  } catch (error) {
    return error instanceof api.Refused ? null : await db.lastPerson();
  }
}

let drawing = false, wanted = false;
async function drawSoon() {
  if (drawing || !state.ready) { wanted = true; return; }
  drawing = true;
  do {
    wanted = false;
    [state.tasks, state.items, state.refreshed, state.parts, state.beside] = await Promise.all([
      db.all("tasks"), db.all("queue"), db.get("meta", "refreshed"), db.get("meta", "parts"), db.get("meta", "beside")]);
    draw();
    await new Promise((resolve) => setTimeout(resolve, 30)); // not the next frame: there is none while the page is hidden
  } while (wanted);
  drawing = false;
}

function draw() {
  const [, name, id] = location.hash.split("/");
  const view = !state.me ? signIn() : name === "task" ? taskView(state, Number(id)) : name === "outbox" ? outboxView(state) : listView(state);
  document.getElementById("app").replaceChildren(top(name), view);
}

function top(name) {
  const waiting = state.items.filter((item) => item.state === "waiting").length;
  const network = state.me ? sync.status.network : "offline";
  return h("header", { class: "top" },
    name ? h("a", { class: "back", href: "#/", "aria-label": t("hand.back") }, icon("back")) : h("span", { class: "drop" }, icon("drop")),
    h("b", {}, t("hand.title")),
    h("a", { class: `net ${network}`, href: network === "signed_out" ? "/sign-in?next=/hand/" : "#/outbox", id: "network", "data-waiting": waiting },
      t(`hand.${network}`), waiting > 0 && h("span", { class: "count" }, waiting)),
    !name && installing && h("button", { class: "slim", onclick: install }, t("hand.install")),
    !name && h("button", { class: "slim", onclick: otherLanguage }, language() === "zh_CN" ? "EN" : t("hand.other_language")));
}

function signIn() {
  return h("main", { class: "view" }, h("p", { class: "empty" }, t("hand.who")), h("a", { class: "big button primary", href: "/sign-in?next=/hand/" }, t("hand.sign_in")));
}

async function otherLanguage() {
  await loadWords(language() === "zh_CN" ? "en" : "zh_CN");
  draw();
}

async function install() {
  await installing.prompt();
  installing = null;
  draw();
}

addEventListener("beforeinstallprompt", (event) => { event.preventDefault(); installing = event; drawSoon(); });
begin();
