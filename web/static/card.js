// What an agent typed on a caller's card and has not saved: kept in the tab, through other pages and the next call.

const box = document.querySelector("#caller-card");
const key = (call) => `card-note:${call}`;
const call = () => box.querySelector("#card-choice [name=call_id]")?.value;

box.addEventListener("input", (event) => {
  if (event.target.id !== "card-note") return;
  if (event.target.value.trim()) sessionStorage.setItem(key(call()), event.target.value);
  else sessionStorage.removeItem(key(call()));
});

// Enter in a field would press the first choice, which nobody meant.
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("#card-choice input") || event.isComposing) return;
  event.preventDefault();
  box.querySelector("#card-save, .choices button")?.focus();
});

box.addEventListener("htmx:afterSwap", (event) => {
  const note = box.querySelector("#card-note");
  if (!note) return;
  const sent = event.detail.requestConfig?.verb === "post";
  if (sent && !note.value) sessionStorage.removeItem(key(call())); // a refused note comes back in the field
  if (!sent && !note.value) note.value = sessionStorage.getItem(key(call())) || "";
  offerOlder();
});

function offerOlder() {
  const older = Object.keys(sessionStorage).find((name) => name.startsWith("card-note:") && name !== key(call()));
  if (!older || box.querySelector(".older-note")) return; // a part of the card that came later asks again
  const button = document.createElement("button");
  button.type = "button";
  button.className = "notice warn older-note";
  button.textContent = box.dataset.unsaved;
  const id = encodeURIComponent(older.slice("card-note:".length));
  button.addEventListener("click", () => htmx.ajax("GET", `/desk/card?call_id=${id}`, { target: box, swap: "innerHTML" }));
  box.querySelector(".caller-card > header").after(button);
}
