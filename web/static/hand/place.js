// Where the phone is: asked for once the page is used, given within a moment or left out. A photo never waits for it.

const OPTIONS = { enableHighAccuracy: true, maximumAge: 60000, timeout: 20000 };
const WAIT = 1500;
let last = null;

function keep({ coords }) {
  last = { latitude: coords.latitude, longitude: coords.longitude, accuracy_m: Math.round(coords.accuracy) };
}

/** Begin to follow the place, as long as the page is seen. */
export function watch() {
  if (!navigator.geolocation) return;
  let id = null;
  const follow = () => {
    if (document.hidden && id !== null) { navigator.geolocation.clearWatch(id); id = null; }
    else if (!document.hidden && id === null) id = navigator.geolocation.watchPosition(keep, () => {}, OPTIONS);
  };
  document.addEventListener("visibilitychange", follow);
  follow();
}

/** Return where "navigate" leads for a task, "" for one without place and address. Apple's phones know no geo: links. */
export function wayTo(task, me) {
  const known = task.latitude !== null && task.latitude !== undefined;
  if (!known && !task.address) return "";
  const values = { address: encodeURIComponent(task.address), latitude: task.latitude, longitude: task.longitude };
  let link = known ? me.map_place_link ?? me.map_link : me.map_link;
  if (link.startsWith("geo:") && /iPhone|iPad/.test(navigator.userAgent)) {
    link = known ? "https://uri.amap.com/marker?position={longitude},{latitude}&name={address}&coordinate=wgs84&callnative=1"
      : "https://uri.amap.com/search?keyword={address}&callnative=1";
  }
  return link.replace(/\{(address|latitude|longitude)\}/g, (_, name) => values[name] ?? "");
}

/** Return the place as it is known within a moment, {} when it is not. */
export async function here() {
  if (!last && navigator.geolocation) {
    await Promise.race([
      new Promise((resolve) => navigator.geolocation.getCurrentPosition((found) => { keep(found); resolve(); }, resolve, OPTIONS)),
      new Promise((resolve) => setTimeout(resolve, WAIT)),
    ]);
  }
  return last ?? {};
}
