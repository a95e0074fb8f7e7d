// The phone itself: JsSIP, its calls (one, and a second one while consulting) and what may be done with them.
// Sound goes straight between browser and PBX; a talk outlives the server and its restart, only signalling waits.
// What does not live here: how it looks (view.js), windows and tabs (window.js), tones (ring.js).

import JsSIP from "../vendor/jssip-3.13.8/jssip.min.js";
import { ring } from "./ring.js";

// Why our server closed the socket (ccengine/backoffice/phone/relay.py).
const CLOSED = { 4401: "signed_out", 4403: "not_yours", 4409: "elsewhere", 4422: "refused", 4429: "refused", 4503: "pbx_away" };
const FOR_GOOD = new Set([4403, 4409, 4422]);
const REGISTER_SECONDS = 600; // renewed by ticker.js well before; without its socket the PBX forgets us at once anyhow
// The caller's name where a supervisor's phone rings to listen (ccengine/asterisk/ami/pbx.py); outside numbers are longer.
const LISTENING_NAME = "Listening";
const RING_SECONDS = 90; // the PBX gives up much sooner

export class Line {
  // `changed(state)` is called after everything that happens; `audio`: where the other side is heard.
  constructor(account, audio, changed) {
    this.account = account;
    this.audio = audio;
    this.changed = changed;
    this.calls = [];
    this.state = { line: "starting", problem: "", told: "" };
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(`${scheme}://${location.host}/phone/ws`)],
      uri: `sip:${account.extension}@${account.domain}`,
      contact_uri: `sip:${account.extension}@${crypto.randomUUID()}.invalid;transport=ws`,
      password: account.password,
      register_expires: REGISTER_SECONDS,
      no_answer_timeout: RING_SECONDS,
      session_timers: false, // a refresh in the seconds of a server's restart would end the talk
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 5,
      user_agent: "ccengine",
    });
    this.ua.on("registered", () => this.set({ line: "ready", problem: "" }));
    this.ua.on("registrationFailed", ({ response }) => this.set({ line: "problem", problem: response ? "refused" : "pbx_away" }));
    this.ua.on("connected", () => this.reconnected());
    this.ua.on("disconnected", (event) => this.disconnected(event));
    this.ua.on("newRTCSession", ({ originator, session }) => {
      if (originator === "remote") this.incoming(session);
    });
  }

  start() {
    this.ua.start();
    this.ticker = new Worker(new URL("./ticker.js", import.meta.url));
    this.ticker.onmessage = () => { if (this.ua.isRegistered()) this.ua.register(); };
  }

  snapshot() {
    const calls = this.calls.map(({ session, ...plain }) => plain);
    return { ...this.state, calls };
  }

  set(news) {
    Object.assign(this.state, news);
    const [main, other] = this.calls;
    const waiting = [main, other].some((call) => call?.state === "dialing" && !call.early);
    ring(main?.state === "ringing" ? "incoming" : waiting ? "waiting" : "");
    this.changed(this.snapshot());
  }

  // ---- the way to the PBX
  async disconnected({ code }) {
    if (FOR_GOOD.has(code)) this.ua.stop();
    this.set({ line: "problem", problem: CLOSED[code] || "server_away" });
    if (CLOSED[code]) return;
    // A socket cannot tell why it was refused; a page can: without a session it leads to the sign-in.
    const answer = await fetch("/profile", { method: "HEAD", redirect: "manual" }).catch(() => null);
    if (answer?.type === "opaqueredirect") this.set({ problem: "signed_out" });
  }

  // A talk that went on meanwhile: tell the PBX the new way to us. Has it ended there, the answer says so (481).
  reconnected() {
    for (const call of this.calls) if (call.state === "talking" || call.state === "held") call.session.renegotiate();
  }

  // ---- calls
  incoming(session) {
    if (this.calls.length) return session.terminate({ status_code: 486 });
    const { uri, display_name: name } = session.remote_identity;
    this.keep(session, uri.user, "ringing", name === LISTENING_NAME && /^\d{3,8}$/.test(uri.user));
  }

  dial(number) {
    const session = this.ua.call(`sip:${number}@${this.account.domain}`, { mediaConstraints: this.media(), pcConfig: {} });
    this.keep(session, number.replace(/^9(?=\d{3})/, number === this.account.hotline ? "9" : ""), "dialing");
  }

  keep(session, peer, state, listening = false) {
    const call = { session, peer, state, listening, since: "", muted: false, early: false, transferring: false };
    this.calls.push(call);
    const now = (news) => { Object.assign(call, news); this.set({}); };
    const hear = (connection) => connection.addEventListener("track", (event) => this.hear(event.streams[0]));
    if (session.connection) hear(session.connection);
    // A hold under way while the server goes away is no reason to end the talk: it is told anew afterwards (reconnected).
    const lost = session.onTransportError.bind(session);
    session.onTransportError = () => { if (call.state === "ringing" || call.state === "dialing") lost(); };
    session.on("peerconnection", ({ peerconnection }) => hear(peerconnection));
    // Each network's address is a candidate; the PBX is in one of them. Nobody waits long for one that says nothing.
    session.on("icecandidate", ({ ready }) => { call.gathered ??= setTimeout(ready, 500); });
    session.on("progress", ({ response }) => { if (response?.body) now({ early: true }); });
    session.on("accepted", () => now({ state: "talking", since: new Date().toISOString() }));
    session.on("hold", ({ originator }) => { if (originator === "local") now({ state: "held" }); });
    session.on("unhold", ({ originator }) => { if (originator === "local") { this.state.told = ""; now({ state: "talking" }); } });
    session.on("muted", () => now({ muted: true }));
    session.on("unmuted", () => now({ muted: false }));
    session.on("ended", () => this.gone(call, ""));
    session.on("failed", ({ originator, cause }) => this.gone(call, originator === "local" ? "" : told(cause, state)));
    session.on("getusermediafailed", () => this.set({ problem: "mic_busy" }));
    this.set({ told: "" });
  }

  gone(call, why) {
    clearTimeout(call.gathered);
    this.calls = this.calls.filter((one) => one !== call);
    this.set({ told: why || (this.calls.length && this.calls[0].state === "held" ? "caller_gone" : "") });
  }

  hear(stream) {
    if (!stream) return;
    this.audio.srcObject = stream;
    this.audio.play().catch(() => {});
  }

  media() {
    const id = localStorage.getItem("phone-audioinput");
    return { audio: id ? { deviceId: { ideal: id } } : true, video: false };
  }

  // ---- what people press; what does not fit the moment does nothing
  act({ do: what, number, digit }) {
    const [main, other] = this.calls;
    const live = main && !main.listening && (main.state === "talking" || main.state === "held") && !main.transferring;
    const ready = this.state.line === "ready";
    if (what === "answer" && main?.state === "ringing") main.session.answer({ mediaConstraints: this.media(), pcConfig: {} });
    else if (what === "hangup") (other || main)?.session.terminate();
    else if (what === "mute") main?.session.mute({ audio: true });
    else if (what === "unmute") main?.session.unmute({ audio: true });
    else if (what === "digit" && main) (other || main).session.sendDTMF(digit, { transportType: "RFC2833" });
    else if (!ready) return;
    else if (what === "hold" && live) main.session.hold();
    else if (what === "unhold" && live) main.session.unhold();
    else if (what === "dial" && !main) this.dial(number);
    else if (what === "consult" && live && !other) this.consult(number);
    else if (what === "take_back" && main) this.takeBack();
    else if (what === "complete" && other?.state === "talking") this.refer(main, other.session.remote_identity.uri.toString(), other.session);
    else if (what === "transfer" && live && !other) this.refer(main, `sip:${number}@${this.account.domain}`, null);
  }

  consult(number) {
    const [main] = this.calls;
    if (main.state === "held") return this.dial(number);
    main.session.hold({}, () => { if (this.calls.length === 1) this.dial(number); });
  }

  takeBack() {
    const [main, other] = this.calls;
    other?.session.terminate();
    if (main.state === "held") main.session.unhold();
  }

  refer(call, target, replaces) {
    call.transferring = true;
    const failed = () => { call.transferring = false; this.set({ told: "transfer_failed" }); };
    // The PBX has taken the caller over; what is left of the call here is ended by ourselves.
    const accepted = () => { for (const one of [...this.calls]) one.session.terminate(); };
    const eventHandlers = { requestFailed: failed, failed, accepted };
    call.session.refer(target, replaces ? { replaces, eventHandlers } : { eventHandlers });
    this.set({ told: "" });
  }
}

function told(cause, state) {
  if (state === "ringing") return "";
  return { [JsSIP.C.causes.BUSY]: "busy", [JsSIP.C.causes.NO_ANSWER]: "no_answer", [JsSIP.C.causes.UNAVAILABLE]: "no_answer" }[cause] || "not_reached";
}
