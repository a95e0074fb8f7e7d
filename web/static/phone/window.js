// The phone's window: it asks for the microphone, registers, holds the calls, and tells the other pages what it does.
// One window has the phone at a time (a lock of the browser); pages reach it over a channel of this site only.

import { isSilent, audioContext, ring } from "./ring.js";
import { dialled, listen, show } from "./view.js";
import { CHANNEL, LOCK } from "./names.js";

const box = document.querySelector("[data-phone]");
let line = null;
let lockedOut = false; // another window of this browser is the phone: this one keeps quiet
let state = { line: "starting", problem: "", told: "", calls: [] };

const channel = "BroadcastChannel" in window ? new BroadcastChannel(CHANNEL) : null;

function tell(news) {
  state = { ...state, ...news, silent: isSilent() };
  show(state);
  if (!lockedOut) channel?.postMessage({ state });
  const talking = state.calls.some((call) => call.state !== "ringing");
  if (talking) sessionStorage.setItem("phone-talk", "1"); else sessionStorage.removeItem("phone-talk");
}

const fail = (problem) => tell({ line: "problem", problem });

async function begin() {
  if (!isSecureContext) return fail("insecure");
  if (!window.RTCPeerConnection || !navigator.mediaDevices || !navigator.locks || !channel) return fail("too_old");
  await navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
    lockedOut = !lock;
    return lock ? serve() : fail("open_already");
  });
}

// Holds the lock until the window closes.
async function serve() {
  const cut = sessionStorage.getItem("phone-talk");
  channel.onmessage = ({ data }) => { if (data.hello) tell({}); else if (data.do) act(data); };
  if (cut) tell({ told: "lost_talk" });
  const problem = await microphone();
  if (problem) fail(problem); else await register(cut ? "lost_talk" : "");
  return new Promise(() => {});
}

async function microphone() {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    for (const track of stream.getTracks()) track.stop();
    const { devices } = await import("./devices.js");
    await devices(box);
    return "";
  } catch (error) {
    return { NotAllowedError: "mic_denied", NotReadableError: "mic_busy" }[error.name] || "no_mic";
  }
}

async function register(told) {
  const { Line } = await import("./line.js");
  const headers = { "X-CSRF-Token": document.body.dataset.csrf };
  const answer = await fetch("/phone/account", { method: "POST", headers, redirect: "manual" }).catch(() => null);
  if (!answer?.ok) return fail({ 404: "not_yours", 503: "pbx_away" }[answer?.status] || (answer ? "signed_out" : "server_away"));
  line = new Line({ ...(await answer.json()), hotline: box.dataset.hotline }, box.parentElement.querySelector("[data-remote]"), tell);
  line.state.told = told;
  line.start();
}

function act(command) {
  const { do: what } = command;
  if (what === "retry") return location.reload();
  if (what === "show") return window.focus();
  if (what === "sound") { audioContext(); return setTimeout(() => tell({}), 200); }
  if (what === "test") return import("./devices.js").then(({ test }) => test(box));
  if (command.number === undefined) return line?.act(command);
  const number = dialled(command.number, Object.keys(JSON.parse(box.dataset.others)), box.dataset.hotline);
  if (number === null) tell({ told: "bad_number" }); else line?.act({ ...command, number });
}

// Signed out, and in again on another page: start anew as whoever that is. Never in the middle of a call.
setInterval(async () => {
  if (!["signed_out", "server_away"].includes(state.problem) || state.calls.length || line?.ua.isConnected()) return;
  const answer = await fetch("/profile", { method: "HEAD", redirect: "manual" }).catch(() => null);
  if (answer?.ok) location.reload();
}, 3000);

window.addEventListener("beforeunload", (event) => { if (state.calls.length) event.preventDefault(); });
window.addEventListener("pagehide", () => { ring(""); if (!lockedOut) channel?.postMessage({ state: { line: "closed", problem: "", told: "", calls: [] } }); });

if (box) {
  listen(act);
  show(state);
  begin();
}
