// The phone on every page of its owner: what it does now, and its buttons. The phone itself is a window of its own, so
// that a talk goes on while pages come and go; both speak over a channel of this site.

import { ring } from "./ring.js";
import { listen, show } from "./view.js";
import { CHANNEL, LOCK, WINDOW } from "./names.js";

const SIZE = "popup,width=400,height=720";
const nobody = { line: "closed", problem: "", told: "", calls: [] };
const channel = "BroadcastChannel" in window ? new BroadcastChannel(CHANNEL) : null;
let state = nobody;

function draw(news) {
  state = news;
  show(state);
  // The window rings by itself, where its browser lets it: one that nobody clicked yet may be silent.
  const here = state.silent && document.visibilityState === "visible";
  ring(here && state.calls[0]?.state === "ringing" ? "incoming" : "");
}

function open() {
  // Never on top of one that is there: that would load it anew, and end a talk.
  if (state.line !== "closed") return channel.postMessage({ do: "show" });
  const opened = window.open("/phone", WINDOW, SIZE);
  draw({ ...nobody, blocked: !opened });
}

function act(command) {
  if (command.do === "open" || command.do === "show") open(); else channel?.postMessage(command);
}

async function ask() {
  const held = (await navigator.locks?.query())?.held ?? [];
  if (held.some((lock) => lock.name === LOCK)) channel.postMessage({ hello: true }); else draw(nobody);
}

if (channel) channel.onmessage = ({ data }) => { if (data.state) draw(data.state); };

let chosen = ""; // which phone to sign in on: the strip is drawn anew now and then, and must not forget it
document.addEventListener("change", (event) => { if (event.target.id === "desk-extension") chosen = event.target.value; });
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "phone-bar") { show(state); ask(); }
  const list = event.target.id === "desk-strip" && event.target.querySelector("#desk-extension");
  if (list && [...list.options].some((one) => one.value === chosen)) list.value = chosen;
});

// Signing in at the desk on the own phone opens it with the same click.
document.addEventListener("click", (event) => {
  const button = event.target.closest("#desk-strip button[name=state][value=available]");
  const box = document.querySelector("[data-phone]");
  if (!button || !box || state.line !== "closed") return;
  if (button.form.querySelector("select[name=extension]")?.value === box.dataset.extension) open();
}, true);

listen(act);
