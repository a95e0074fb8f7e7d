// A worker's clock is not slowed down in a window that nobody looks at: the phone's registration is renewed in time.

setInterval(() => postMessage(0), 240_000);
