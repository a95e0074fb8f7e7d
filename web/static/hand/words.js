// The words on screen. They come from the server's locale files and are kept by the service worker.

const LANGUAGES = ["zh_CN", "en"];
let words = {};
let timeZone;

/** Show all times in the site's zone, whatever the phone's. */
export const setZone = (name) => { timeZone = name; };

/** Return the language of this phone: what was chosen here, else Chinese unless the browser wants English. */
export function language() {
  const chosen = localStorage.getItem("hand.language");
  if (LANGUAGES.includes(chosen)) return chosen;
  return navigator.language.startsWith("en") ? "en" : "zh_CN";
}

/** Load the words of a language and remember it. */
export async function loadWords(wanted = language()) {
  words = await (await fetch(`/hand/words/${wanted}.json`)).json();
  localStorage.setItem("hand.language", wanted);
  document.documentElement.lang = wanted === "zh_CN" ? "zh-CN" : "en";
}

/** Return the text of a key with its {places} filled. */
export function t(key, values = {}) {
  const text = words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** Return the text of a code that may be unknown here, then the code itself. */
export const code = (prefix, value) => words[`${prefix}.${value}`] ?? value;

/** Return whichever of a {zh, en} pair fits. */
export const either = (zh, en) => (language() === "zh_CN" ? zh || en : en || zh);

/** Return a moment as people write it: time alone today, else with the day. */
export function when(iso) {
  if (!iso) return "–";
  const moment = new Date(iso);
  const dayOf = (one) => one.toLocaleDateString("en-CA", { timeZone });
  const day = dayOf(new Date()) === dayOf(moment) ? {} : { month: "numeric", day: "numeric" };
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone };
  return moment.toLocaleString(document.documentElement.lang, { ...day, ...clock });
}
