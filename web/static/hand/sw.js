// The service worker: keeps the page's own files, so that it opens in a dead zone. The server puts VERSION and SHELL on
// top. Data never comes from here: tasks and the queue are in the page's own store.

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(VERSION).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("hand-") && name !== VERSION);
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== location.origin) return;
  const key = event.request.mode === "navigate" && address.pathname.startsWith("/hand/") ? "/hand/" : address.pathname + address.search;
  if (!SHELL.includes(key)) return;
  event.respondWith(caches.open(VERSION).then((cache) => cache.match(key)).then((kept) => kept ?? fetch(event.request)));
});
