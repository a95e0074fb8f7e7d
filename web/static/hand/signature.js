// The customer's signature: a finger on a canvas, given as a PNG.

import { h, sheet, toast } from "./h.js";
import { t } from "./words.js";

/** Ask for a signature; `take` is called with the PNG. */
export function sign(take) {
  const canvas = h("canvas", { class: "pad", "aria-label": t("hand.sign_here") });
  let strokes = 0;
  const clear = () => { canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height); strokes = 0; };
  const dialog = sheet(t("hand.signature"),
    h("p", { class: "muted" }, t("hand.sign_hint")), canvas,
    h("div", { class: "row" },
      h("button", { class: "big", onclick: clear }, t("hand.sign_again")),
      h("button", {
        class: "big primary",
        onclick: () => {
          if (!strokes) return toast(t("hand.sign_empty"));
          canvas.toBlob((blob) => { dialog.close(); take(blob); }, "image/png");
        },
      }, t("hand.sign_save"))));
  prepare(canvas);
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    strokes += 1;
    draw(canvas, event, true);
  });
  canvas.addEventListener("pointermove", (event) => { if (event.buttons || event.pressure) draw(canvas, event, false); });
}

function prepare(canvas) {
  const box = canvas.getBoundingClientRect(), scale = Math.min(devicePixelRatio || 1, 2);
  canvas.width = Math.round(box.width * scale);
  canvas.height = Math.round(box.height * scale);
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  Object.assign(pen, { lineWidth: 2.6, lineCap: "round", lineJoin: "round", strokeStyle: "#101820" });
}

function draw(canvas, event, first) {
  const pen = canvas.getContext("2d"), box = canvas.getBoundingClientRect();
  const x = event.clientX - box.left, y = event.clientY - box.top;
  if (first) { pen.beginPath(); pen.moveTo(x, y); pen.lineTo(x + 0.1, y); } else pen.lineTo(x, y);
  pen.stroke();
}
