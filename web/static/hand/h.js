// Building the page: elements by hand, never from text, so that no stranger's words become HTML.

/** Return an element. Properties beginning with "on" are listeners, "class" and "data-…" attributes; children may be nothing. */
export function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && typeof value !== "string") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false && child !== ""));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

/** Return one of the icons of hand/icons.svg. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/static/hand/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/** Show a sheet from below with these children; return it. It goes when it is closed. */
export function sheet(title, ...children) {
  const dialog = h("dialog", { class: "sheet", "aria-label": title }, h("h2", {}, title), ...children);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Tell something for a few seconds. */
export function toast(text) {
  const box = h("div", { class: "toast", role: "status" }, text);
  document.getElementById("toasts").append(box);
  setTimeout(() => box.remove(), 4000);
}
