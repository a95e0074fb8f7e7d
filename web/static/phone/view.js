// What a phone's state looks like, and its buttons: the same in the phone's window and in the bar of every page.
// Texts stand in the template; here is only what is seen when. A stranger's number is text, never markup.

const root = () => document.querySelector("[data-phone]");

let shown = null;
let wantsMore = false; // the row's own: the form for a transfer is asked for

// 138****5678, as everywhere in these pages; an extension as whose it is.
function nameOf(number, names) {
  if (names[number]) return `${names[number]} ${number}`;
  return /^\+?\d{7,}$/.test(number) ? `${number.slice(0, 3)}****${number.slice(-4)}` : number || "–";
}

function flagsOf(state) {
  const [main, other] = state.calls;
  const flags = new Set([state.line, state.problem, state.told]);
  if (state.silent) flags.add("silent");
  if (state.told) flags.add("told");
  if (["no_mic", "mic_denied", "mic_busy", "elsewhere", "open_already", "refused"].includes(state.problem)) flags.add("retry");
  if (main) {
    flags.add("call");
    flags.add(main.state);
    if (main.muted) flags.add("muted");
    if (main.listening) flags.add("listening");
    if (main.transferring) flags.add("transferring");
    if (main.state === "talking" || main.state === "held") flags.add("live");
  }
  if (other) {
    flags.add("consulting");
    flags.add(`other_${other.state}`);
  }
  if (main || state.told || state.problem) flags.add("row");
  if (state.blocked) flags.add("blocked");
  if (wantsMore) flags.add("more");
  flags.delete("");
  return flags;
}

export function show(state) {
  const box = root();
  shown = state;
  if (!box) return;
  if (!state.calls.length) wantsMore = false;
  const names = JSON.parse(box.dataset.others);
  const flags = flagsOf(state);
  const seen = (condition) => condition.split(" ").every((part) => (part[0] === "!" ? !flags.has(part.slice(1)) : flags.has(part)));
  for (const node of box.querySelectorAll("[data-if]")) node.hidden = !seen(node.dataset.if);
  box.dataset.line = state.calls.length ? state.calls[0].state : state.line;
  const [main, other] = state.calls;
  const texts = { peer: main ? nameOf(main.peer, names) : "", other: other ? nameOf(other.peer, names) : "" };
  for (const node of box.querySelectorAll("[data-text]")) node.textContent = texts[node.dataset.text];
  for (const node of box.querySelectorAll("[data-text-since]")) {
    if (main?.since) node.dataset.since = main.since; else delete node.dataset.since;
  }
}

function more() {
  wantsMore = !wantsMore;
  show(shown);
  root().querySelector(".phone-transfer:not([hidden]) [name=number]")?.focus();
}

// What people press becomes one command: { do, number?, digit? }.
export function listen(send) {
  document.addEventListener("click", (event) => {
    const node = event.target.closest("[data-phone] [data-do], [data-phone] [data-digit]");
    if (!node) return;
    if (node.dataset.do === "more") return more();
    if (node.dataset.do) return send({ do: node.dataset.do });
    if (root().dataset.line === "ready") root().querySelector("[name=number]").value += node.dataset.digit;
    else send({ do: "digit", digit: node.dataset.digit });
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-phone-number]");
    if (!form) return;
    event.preventDefault();
    send({ do: event.submitter.value, number: form.elements.number.value });
    form.elements.number.value = "";
    form.closest("details.menu")?.removeAttribute("open");
    wantsMore = false;
  });
}

// What a person types becomes what the PBX knows: extensions, the hotline and feature codes as they are, the rest outside.
export function dialled(text, extensions, hotline) {
  const number = text.replace(/[\s\-()]/g, "");
  if (extensions.includes(number) || number === hotline || /^\*1\d{1,2}$/.test(number)) return number;
  return /^\d{3,15}$/.test(number) ? `9${number}` : null;
}
