// Taking photos and films with the phone's own camera. The input stands outside of what is drawn anew, so that nothing
// is lost while the camera is open.

import { h, toast } from "./h.js";
import { here } from "./place.js";
import * as queue from "./queue.js";
import { t } from "./words.js";

const ACCEPT = { photo: "image/jpeg,image/png,image/webp", video: "video/mp4,video/webm,video/quicktime" };

/** Open the camera for an order and keep what it takes. `limits` are the server's, in bytes. */
export function take(orderId, kind, phase, limits) {
  document.querySelector("input.camera")?.remove();
  const input = h("input", { type: "file", class: "camera", accept: ACCEPT[kind], capture: "environment", multiple: kind === "photo", hidden: true });
  input.addEventListener("change", async () => {
    for (const file of input.files) await keep(orderId, kind, phase, file, limits);
    input.remove();
  });
  document.body.append(input);
  input.click();
}

async function keep(orderId, kind, phase, file, limits) {
  const most = limits?.[`${kind}_max_bytes`] ?? Infinity;
  if (file.size > most) return toast(t("hand.too_large", { mb: Math.floor(most / 2 ** 20) }));
  try {
    await queue.addFile(orderId, kind, phase, file, await here());
    toast(t("hand.kept"));
  } catch (error) {
    toast(t("hand.not_kept"));
    console.warn("not kept", String(error));
  }
}
