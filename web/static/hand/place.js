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
