// The queue of everything the person did: kept first, shown at once, sent in order when there is a network.

import * as db from "./db.js";

const listeners = new Set();
export const onChange = (listener) => listeners.add(listener);
export const changed = () => listeners.forEach((listener) => listener());

let added = 0;
/** Return how many things were put into the queue since the page opened: who sends sees by it whether more came. */
export const count = () => added;

function put() {
  added += 1;
  changed();
}

async function sha256(content) {
  const digest = await crypto.subtle.digest("SHA-256", content);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Keep an action on an order (acknowledge, start, finish, …). */
export async function addAction(orderId, kind, more = {}) {
  const action = { id: crypto.randomUUID(), order_id: orderId, kind, performed_at: new Date().toISOString(), ...more };
  await db.write(["queue"], ({ queue }) => { queue.add({ what: "action", order_id: orderId, action, state: "waiting" }); });
  put();
}

/** Keep a photo, film or signature of an order with its bytes, hash, time and place. */
export async function addFile(orderId, kind, phase, blob, place) {
  const content = await blob.arrayBuffer();
  const upload = {
    key: crypto.randomUUID(), order_id: orderId, kind, phase, size_bytes: content.byteLength, sha256: await sha256(content),
    taken_at: new Date(blob.lastModified && Date.now() - blob.lastModified < 60000 ? blob.lastModified : Date.now()).toISOString(),
    ...place,
  };
  await db.write(["queue", "files"], ({ queue, files }) => {
    files.put({ content, type: blob.type }, upload.key);
    queue.add({ what: "upload", order_id: orderId, upload, state: "waiting" });
  });
  put();
}

/** Return everything that was not done yet, first to last; what needs attention included. */
export const items = () => db.all("queue");

/** Return the next item to send. */
export async function next() {
  return (await items()).find((item) => item.state === "waiting");
}

/** Take an action out: the server has done it; `task` is how the task is now. */
export async function finish(item, task) {
  await db.write(["queue", "tasks"], ({ queue, tasks }) => {
    queue.delete(item.seq);
    if (task) tasks.put(task);
  });
  changed();
}

/** Take a file out: the server has it, under this id. It stays with its task, also when the tasks cannot be read now. */
export async function fileKept(item, id) {
  const { key, kind, phase, taken_at } = item.upload;
  await db.write(["queue", "files", "tasks"], async ({ queue, files, tasks }, done) => {
    queue.delete(item.seq);
    files.delete(key);
    const task = await done(tasks.get(item.order_id));
    if (task && !task.evidence.some((one) => one.id === id)) tasks.put({ ...task, evidence: [...task.evidence, { id, kind, phase, taken_at }] });
  });
  changed();
}

/** Keep an item that was not accepted, with the reason, until the person has seen it. */
export async function needsAttention(item, outcome, message, task) {
  await db.write(["queue", "tasks"], ({ queue, tasks }) => {
    queue.put({ ...item, state: "attention", outcome, message, at: new Date().toISOString() });
    if (task) tasks.put(task);
  });
  changed();
}

/** Put an item that was refused back into the queue, to be tried again: an action under a new id, for the old one's
    answer is settled. */
export async function again(item) {
  const fresh = item.action ? { action: { ...item.action, id: crypto.randomUUID() } } : {};
  await db.write(["queue"], ({ queue }) => { queue.put({ ...item, ...fresh, state: "waiting" }); });
  put();
}
