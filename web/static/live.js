// The one WebSocket of a tab: the board (where it is on the page) and the agent's own state and caller card.
// Honest about age: when nothing arrived for a while, times stop and the page says so.

let setServerTime, tick, toast; // given by app.js, so that there is one of each

const SILENCE_MS = 12000; // the server speaks at least every 5 s
const board = document.querySelector("[data-live-board]");
const state = document.querySelector("#live-state");
const card = document.querySelector("#caller-card");
const strip = document.querySelector("#desk-strip");
let socket = null;
let lastHeard = 0;
let pause = 500;
let shownCall = null;
let shownDesk = null;
let serial = 0; // of the board's parts as they stand on the page

function show(name) {
  const fresh = name === "ok";
  if (fresh) delete document.body.dataset.frozen; else document.body.dataset.frozen = "1";
  board?.classList.toggle("stale", !fresh);
  if (!state || state.dataset.state === name) return;
  state.dataset.state = name;
  state.textContent = state.dataset[name];
}

function hear(message) {
  lastHeard = Date.now();
  setServerTime(message.now);
  show(message.fresh ? "ok" : "stale");
  if (board && message.board) hearBoard(message.board);
  if (message.desk) hearDesk(message.desk);
  tick();
}

// Listening to a talk that ended by itself is told; by one's own hand it needs no word.
let endAsked = false;
const listening = () => board.querySelector("[data-listening]")?.dataset.listening;
function tellListening(before, now) {
  if (before && !now && !endAsked) toast(before === "on" ? board.dataset.listeningOver : board.dataset.listeningUnanswered);
  if (!now) endAsked = false;
}
document.addEventListener("click", (event) => { if (event.target.closest("[data-listening-end]")) endAsked = true; });

// What is new of the board's parts since the serial that the page has (0: everything); in each message, also if nothing is.
function hearBoard(news) {
  if (news.after !== 0 && news.after !== serial) return socket.close(); // something is missing: come anew, get everything
  const open = document.activeElement?.id;
  const listened = listening();
  for (const change of news.changes) {
    for (const [id, value] of Object.entries(change.values ?? {})) {
      if (typeof value === "string") morph(part(id), value, "innerHTML");
      else putRows(part(id), value.map((row) => row.id), value);
    }
    for (const [id, { put = [], gone = [] }] of Object.entries(change.rows ?? {})) {
      const rows = put.map(([, row]) => row);
      const away = new Set([...gone, ...rows.map((row) => row.id)]);
      const order = [...part(id).children].map((row) => row.id).filter((row) => !away.has(row));
      for (const [place, row] of put) order.splice(place, 0, row.id);
      putRows(part(id), order, rows);
    }
  }
  serial = news.serial;
  if (open) document.getElementById(open)?.focus({ preventScroll: true });
  tellListening(listened, listening());
}

// A part without a place means that the page is older than the server: it must not stand there as if it were of now.
function part(id) {
  const found = document.getElementById(id);
  if (!found) location.reload();
  return found;
}

function putRows(list, order, rows) {
  for (const row of rows) {
    const old = document.getElementById(row.id);
    if (old) morph(old, row.html, "outerHTML");
    else {
      list.insertAdjacentHTML("beforeend", row.html);
      htmx.process(list.lastElementChild);
    }
  }
  const staying = new Set(order);
  for (const row of [...list.children]) if (!staying.has(row.id)) row.remove();
  let next = list.firstElementChild;
  for (const id of order) {
    const row = document.getElementById(id);
    if (row === next) next = next.nextElementSibling;
    else list.insertBefore(row, next);
  }
}

function morph(node, html, morphStyle) {
  Idiomorph.morph(node, html, { morphStyle, ignoreActiveValue: true, callbacks: { beforeNodeMorphed: keepClock } });
  htmx.process(node);
}

// A running time that did not change its start keeps its text, so nothing flickers.
function keepClock(older, newer) {
  if (older.dataset?.since && older.dataset.since === newer.dataset?.since) newer.textContent = older.textContent;
  return true;
}

function hearDesk(desk) {
  const fingerprint = JSON.stringify([desk.state, desk.reason, desk.since, desk.call_id, desk.engine_connected, desk.pbx_connected, desk.listened]);
  if (strip && fingerprint !== shownDesk && !strip.querySelector("details[open]")) {
    htmx.trigger(document.body, "desk-changed");
    shownDesk = fingerprint;
  }
  const call = desk.call_id || (desk.state === "wrap_up" && !shownCall && sessionStorage.getItem("last-call"));
  if (call && call !== shownCall) {
    shownCall = call;
    sessionStorage.setItem("last-call", call);
    if (sessionStorage.getItem("dismissed-call") === shownCall) return; // closed by hand: the strip's button opens it
    htmx.ajax("GET", `/desk/card?call_id=${encodeURIComponent(call)}`, { target: card, swap: "innerHTML" });
  }
  document.title = document.title.replace(/^☎ /, "");
  if (desk.state === "ringing") document.title = `☎ ${document.title}`;
  const label = card?.querySelector("[data-card-state]");
  if (label && (!desk.call_id || desk.call_id === shownCall) && label.dataset[desk.state]) label.textContent = label.dataset[desk.state];
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}/board/ws?board=${board ? 1 : 0}`);
  socket.onmessage = (event) => { pause = 500; hear(JSON.parse(event.data)); };
  socket.onclose = (event) => {
    socket = null;
    if (event.code === 4401) return location.reload(); // signed out elsewhere
    show("waiting");
    leaveIfSignedOut();
    setTimeout(connect, pause + Math.random() * 300);
    pause = Math.min(pause * 2, 3000); // a supervisor should see the floor again within seconds
  };
}

// A socket cannot tell why it was refused; a page can: without a session it leads to the sign-in.
async function leaveIfSignedOut() {
  const answer = await fetch("/profile", { method: "HEAD", redirect: "manual" }).catch(() => null);
  if (answer?.type === "opaqueredirect") location.reload();
}

function watchSilence() {
  if (lastHeard && socket && Date.now() - lastHeard > SILENCE_MS) { show("waiting"); socket.close(); }
}

export function start(page) {
  ({ setServerTime, tick, toast } = page);
  if (!board && !card?.dataset.agent) return;
  setInterval(watchSilence, 1000);
  connect();
}
