// The search box of every page: up, down and enter in the list below it; Escape closes it.

const box = document.querySelector("#global-search");
const list = document.querySelector("#found");

if (box && list) {
  const options = () => [...list.querySelectorAll("[role=option]")];
  const chosen = () => list.querySelector("[aria-selected=true]");
  const choose = (option) => {
    chosen()?.removeAttribute("aria-selected");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) box.setAttribute("aria-activedescendant", option.id); else box.removeAttribute("aria-activedescendant");
  };
  const open = (yes) => { box.form.classList.toggle("closed", !yes); box.setAttribute("aria-expanded", String(yes && options().length > 0)); };
  box.addEventListener("input", () => open(true));
  box.addEventListener("focus", () => open(true));
  list.addEventListener("htmx:afterSwap", () => { choose(null); open(true); });
  box.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // an input method is still choosing its signs
    const all = options();
    const at = all.indexOf(chosen());
    if (event.key === "ArrowDown") choose(all[Math.min(at + 1, all.length - 1)]);
    else if (event.key === "ArrowUp") choose(at > 0 ? all[at - 1] : null);
    else if (event.key === "Enter" && chosen()) location.assign(chosen().href);
    else if (event.key === "Escape") { open(false); return; }
    else return;
    event.preventDefault();
  });
}
