// Work order pages under the keyboard: j and k walk the rows, enter or o opens one; rows of the builder go away.

const rows = () => [...document.querySelectorAll("[data-rows] tbody tr")];
const typing = (node) => node && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));

function go(step) {
  const all = rows();
  const at = all.findIndex((row) => row.classList.contains("here"));
  const next = all[Math.max(0, Math.min(all.length - 1, at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step))];
  all[at]?.classList.remove("here");
  next?.classList.add("here");
  next?.querySelector("a.row-link")?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target) && event.target.type !== "checkbox") return;
  if (document.querySelector("dialog[open]")) return;
  const here = document.querySelector("[data-rows] tr.here");
  if (event.key === "j") go(1);
  else if (event.key === "k") go(-1);
  else if (event.key === "o" && here) here.querySelector("a.row-link")?.click();
  else if (event.key === "v" && here) here.querySelector("input[type=checkbox]")?.click();
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);

document.addEventListener("click", (event) => {
  const gone = event.target.closest("[data-remove-condition]");
  if (!gone) return;
  const group = gone.closest("[data-condition-group]");
  gone.closest("[data-condition]").remove();
  if (!group.querySelector("[data-condition]")) group.remove();
});

// ---- drafts: what is typed is kept on the server, so that it survives a reload, a sign-out, another machine
for (const form of document.querySelectorAll("form[data-autosave]")) {
  const told = form.querySelector("[data-autosaved]");
  let timer = 0;
  let sent = false;
  const save = () => {
    timer = 0;
    if (sent) return;
    fetch(form.dataset.autosave, { method: "POST", body: new URLSearchParams(new FormData(form)), keepalive: true })
      .then((answer) => { if (told && answer.ok) told.textContent = told.dataset.autosaved; }, () => {});
  };
  form.addEventListener("input", () => { if (told) told.textContent = ""; clearTimeout(timer); timer = setTimeout(save, 700); });
  form.addEventListener("submit", () => { sent = true; clearTimeout(timer); });
  window.addEventListener("pagehide", () => { if (timer) save(); });
}
