// Behaviour of every page: theme, menus, dialogs, toasts, keys, running times. No framework, no inline code.

const $ = (selector, root = document) => root.querySelector(selector);
const inText = (node) => node && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));

// ---- theme: follows the system until the switch was used; a cookie lets the server send it without a flash
function switchTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `cc_theme=${root.dataset.theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}

function toast(text) {
  const box = document.createElement("div");
  box.className = "toast";
  box.textContent = text;
  $("#toasts").append(box);
  setTimeout(() => box.remove(), 5000);
}

// ---- running times: every element with data-since counts from there, on the server's clock
let clockOffset = 0; // server minus browser, milliseconds
function setServerTime(iso) { clockOffset = Date.parse(iso) - Date.now(); }
function lengthText(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
function tick() {
  if (document.body.dataset.frozen) return; // stale data: a running clock would lie
  const now = Date.now() + clockOffset;
  for (const node of document.querySelectorAll("[data-since]")) {
    const text = lengthText((now - Date.parse(node.dataset.since)) / 1000);
    if (node.textContent !== text) node.textContent = text;
  }
}
setInterval(tick, 500);
tick();

// ---- clicks
document.addEventListener("click", (event) => {
  const node = event.target.closest("[data-theme-switch],[data-dialog],[data-close],[data-back],[data-opens],[data-print],[data-dismiss],tr.link");
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  const side = $("#side.open");
  if (side && !side.contains(event.target) && !event.target.closest("[data-opens]")) side.classList.remove("open");
  if (!node) return;
  if (node.matches("[data-theme-switch]")) switchTheme();
  else if (node.matches("[data-dialog]")) $(`#${node.dataset.dialog}`)?.showModal();
  else if (node.matches("[data-close]")) node.closest("dialog").close();
  else if (node.matches("[data-back]")) history.back();
  else if (node.matches("[data-print]")) print();
  else if (node.matches("[data-dismiss]")) {
    if (node.dataset.call) sessionStorage.setItem("dismissed-call", node.dataset.call);
    document.getElementById(node.dataset.dismiss).replaceChildren();
  }
  else if (node.matches("[data-opens]")) node.setAttribute("aria-expanded", $(`#${node.dataset.opens}`).classList.toggle("open"));
  else if (node.matches("tr.link") && !event.target.closest("a,button,input,summary")) $("a.row-link", node)?.click();
});

// ---- keys: none fires while somebody types
let waitingForPlace = 0;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && inText(event.target)) return event.target.blur();
  if (inText(event.target) || $("dialog[open]")) return;
  if (Date.now() < waitingForPlace) {
    waitingForPlace = 0;
    const place = $(`[data-go="${CSS.escape(event.key)}"]`);
    if (place) { event.preventDefault(); location.assign(place.href); return; }
  }
  if (event.key === "g") { waitingForPlace = Date.now() + 1200; return; }
  const picks = event.target.closest?.("[data-pick-keys]");
  if (picks && /^[1-9]$/.test(event.key)) { event.preventDefault(); picks.children[event.key - 1]?.click(); return; }
  const target = $(`[data-key="${CSS.escape(event.key)}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches("[data-key-focus]")) target.focus(); else if (target.matches("input")) { target.focus(); target.select(); } else if (target.matches("a[href]")) location.assign(target.href); else target.click();
});

// ---- htmx: tell people when a request failed, ask before what cannot be undone
const message = (event) => event.detail.xhr?.getResponseHeader("X-Message");
// A refused field is shown in its form; a button that swaps nothing has none, so there the sentence is told.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  if (xhr.status === 422 && requestConfig.elt.getAttribute("hx-swap") === "none") event.detail.isError = true;
});
document.addEventListener("htmx:responseError", (event) => {
  const told = message(event);
  toast(told ? decodeURIComponent(told) : document.body.dataset.errorText);
});
document.addEventListener("htmx:sendError", () => toast(document.body.dataset.offlineText));
document.addEventListener("submit", (event) => {
  const form = event.target;
  const question = event.submitter?.dataset.confirm || form.dataset.confirm;
  if (question && !confirm(question)) { event.preventDefault(); event.stopPropagation(); return; }
  if (form.method === "post" && !form.hasAttribute("hx-post")) setTimeout(() => { if (event.submitter) event.submitter.disabled = true; }, 0);
}, true);
document.addEventListener("change", (event) => {
  if (event.target.closest("[data-submit-on-change]") && event.target.matches("select,input[type=checkbox],input[type=date]")) event.target.form.requestSubmit();
});
window.addEventListener("pageshow", () => { for (const node of document.querySelectorAll("button:disabled:not([data-off])")) node.disabled = false; });

// ---- the way back leads to the list as it was left: its conditions, its page
sessionStorage.setItem(`seen:${location.pathname}`, location.search);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a.back");
  if (link && !link.search) link.search = sessionStorage.getItem(`seen:${link.pathname}`) || "";
}, true);

// A number that is shown whole needs no button that shows it.
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  if (event.detail.successful && form.getAttribute("hx-post")?.endsWith("/reveal")) form.remove();
});

const told = document.querySelectorAll("#toasts .toast"); // those that came with the page
setTimeout(() => told.forEach((node) => node.remove()), 6000);

import(document.body.dataset.drafts).then((drafts) => drafts.start());

// ---- the live part, on pages of people who are signed in
if (document.body.dataset.live) import(document.body.dataset.live).then((live) => live.start({ setServerTime, tick, toast }));
