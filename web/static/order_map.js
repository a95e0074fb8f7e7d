// Where an order is: shown on the plan; whoever may change it clicks the place and saves.

import { planMap } from "./plan_map.js";

const place = document.querySelector("#order-map");
const form = document.querySelector("#order-place");

async function start() {
  const map = await planMap(place);
  const at = place.dataset.at ? JSON.parse(place.dataset.at) : null;
  const about = place.dataset.about ? JSON.parse(place.dataset.about) : null;
  const marker = L.marker(at ?? about ?? map.getCenter(), {
    icon: L.divIcon({ className: `map-order waiting ${at ? "" : "about"}`, iconSize: [17, 17] }), keyboard: false });
  if (at || about) { marker.addTo(map); map.setView(at ?? about, at ? 14 : 12.5); }
  if (!form) return;
  map.on("click", ({ latlng }) => {
    marker.setLatLng(latlng).addTo(map).getElement().classList.remove("about");
    form.elements.latitude.value = latlng.lat.toFixed(6);
    form.elements.longitude.value = latlng.lng.toFixed(6);
    form.querySelector("button.primary").disabled = false;
  });
}

if (place) start();
