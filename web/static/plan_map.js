// The map of the supply area: a plain plan of the districts, tiles below it where the site has some. For the dispatch
// board and an order's page. What stands on it is theirs.

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Return text as HTML that says just that. */
export function escaped(text) { const node = document.createElement("span"); node.textContent = text; return node.innerHTML; }

/** Draw the map into an element with data-plan, data-tiles and data-names; return it, the whole area in view. */
export async function planMap(place) {
  const plan = await (await fetch(place.dataset.plan)).json();
  const names = JSON.parse(place.dataset.names);
  const map = L.map(place, { zoomSnap: 0.25, attributionControl: Boolean(place.dataset.tiles) });
  const tiles = place.dataset.tiles;
  if (tiles) L.tileLayer(tiles, { maxZoom: 19 }).addTo(map);
  L.polyline(plan.river, { color: style("--accent"), weight: 7, opacity: tiles ? 0 : 0.25, interactive: false }).addTo(map);
  const outlines = plan.districts.map((one) => L.polygon(one.outline, { color: style("--line-strong"), weight: 1.5, fillColor: style("--surface"), fillOpacity: tiles ? 0 : 0.8, interactive: false })
    .bindTooltip(escaped(names[one.code] || one.code), { permanent: true, direction: "center", className: "map-district" }).addTo(map));
  map.fitBounds(L.featureGroup(outlines).getBounds(), { padding: [8, 8] });
  return map;
}
