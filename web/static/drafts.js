// What was typed into a form and has not arrived stays in the tab: a session that ends or a refusal costs no words.
// For forms with a text area or data-draft. Registering an order keeps its draft on the server (orders.js).

const me = document.body.dataset.me;
const SENT = "drafts-sent"; // the form on its way; the next page tells whether it arrived
const words = (form) => [...form.elements].filter((node) => node.name && (node.tagName === "TEXTAREA" || /^(text|search|tel|number)$/.test(node.type)));
const keeps = (form) => form?.method === "post" && !form.hasAttribute("hx-post") && !form.dataset.autosave && (form.dataset.draft || form.querySelector("textarea"));

function keyOf(form) {
  const areas = [...form.querySelectorAll("textarea")].map((node) => node.id).join(" ");
  return `draft:${me}:${form.dataset.draft || form.getAttribute("action")}:${areas}`;
}

// With each text goes what the field said before: when the page says something else by now, the newer counts.
function keep(form) {
  const changed = words(form).filter((node) => node.value !== node.defaultValue).map((node) => [node.name, [node.value, node.defaultValue]]);
  if (changed.length) sessionStorage.setItem(keyOf(form), JSON.stringify(Object.fromEntries(changed)));
  else sessionStorage.removeItem(keyOf(form));
}

function restore(form) {
  const saved = JSON.parse(sessionStorage.getItem(keyOf(form)) || "{}");
  const back = words(form).filter((node) => saved[node.name] && node.value === saved[node.name][1]);
  if (!back.length) return;
  for (const node of back) {
    node.value = saved[node.name][0];
    if (node.closest("details")) node.closest("details").open = true;
  }
  const hint = document.createElement("p");
  hint.className = "hint small muted draft-kept";
  hint.textContent = document.body.dataset.kept;
  const drop = Object.assign(document.createElement("button"), { type: "button", className: "ghost slim", textContent: document.body.dataset.discard });
  drop.addEventListener("click", () => { for (const node of back) node.value = node.defaultValue; keep(form); hint.remove(); });
  hint.append(" ", drop);
  back.at(-1).closest(".field")?.append(hint);
}

export function start() {
  const sent = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  if (!me) return; // the sign-in page: it did not arrive
  if (sent && !document.querySelector(".wrong, .notice.bad[role=alert]")) sessionStorage.removeItem(sent);
  for (const form of [...document.forms].filter(keeps)) restore(form);
  document.addEventListener("input", (event) => { if (keeps(event.target.form)) keep(event.target.form); });
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") === "/sign-out") sessionStorage.clear();
    else if (keeps(event.target)) sessionStorage.setItem(SENT, keyOf(event.target));
  });
}
