// Sending: one item after the other, in order, by one tab only; what gets no answer stays and is tried again.

import * as api from "./api.js";
import * as db from "./db.js";
import * as queue from "./queue.js";
import { t } from "./words.js";

const PIECE_MOST = 1024 * 1024, PIECE_LEAST = 32 * 1024;
const FIRST_WAIT = 1500, LONGEST_WAIT = 60000;
let pieceBytes = 256 * 1024;
let wait = FIRST_WAIT;
let timer = 0;
let user = "";

/** What people are told about the network: online, offline, signed_out. */
export const status = { network: "offline", sending: null };

/** Begin sending for a person, and whenever the network may be back. */
export function start(name) {
  user = name;
  addEventListener("online", () => soon(0));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(0); });
  queue.onChange(() => { if (status.network === "online") soon(0); });
  soon(0);
}

/** Try to send now (or in some milliseconds). */
export function soon(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(run, milliseconds);
}

async function run() {
  // One tab sends; another that holds the lock sends this tab's items as well: they share the store.
  await navigator.locks.request(`hand-${user}`, { ifAvailable: true }, async (lock) => {
    if (!lock) return soon(FIRST_WAIT);
    try {
      const me = await api.me();
      if (me.user !== user) throw new api.SignedOut(t("hand.other_person", { name: me.user }));
      for (let seen = -1; seen !== queue.count(); ) { // once more when something was added while the tasks were read
        seen = queue.count();
        for (let item; (item = await queue.next()); ) await send(item);
        await refresh();
      }
      tell("online");
      wait = FIRST_WAIT;
      soon(LONGEST_WAIT);
    } catch (error) {
      if (!(error instanceof api.NoAnswer)) console.warn("sending stopped", String(error));
      tell(error instanceof api.SignedOut ? "signed_out" : "offline");
      soon(wait);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    }
  });
}

function tell(network) {
  status.network = network;
  status.sending = null;
  queue.changed();
}

async function send(item) {
  status.network = "online";
  status.sending = { seq: item.seq, share: 0 };
  try {
    await (item.what === "upload" ? sendFile(item) : sendAction(item));
  } catch (error) {
    if (!(error instanceof api.Refused)) throw error;
    const told = error.problem.errors?.map((one) => one.remedy).join("; ");
    await queue.needsAttention(item, "refused", told || error.problem.detail);
  }
}

async function sendAction(item) {
  const result = await api.act(item.action);
  if (result.outcome === "done") return queue.finish(item, result.task);
  return queue.needsAttention(item, result.outcome, result.message, result.task);
}

async function sendFile(item) {
  const { upload } = item;
  const file = await db.get("files", upload.key);
  if (!file) return queue.needsAttention(item, "refused", t("hand.file_gone"));
  let state = await api.announce(upload);
  while (!state.evidence_id && !state.refused) {
    status.sending = { seq: item.seq, share: state.offset / upload.size_bytes };
    queue.changed();
    try {
      state = await api.piece(upload.key, state.offset, file.content.slice(state.offset, state.offset + pieceBytes));
      pieceBytes = Math.min(pieceBytes * 2, PIECE_MOST);
    } catch (error) {
      pieceBytes = Math.max(Math.floor(pieceBytes / 4), PIECE_LEAST);
      throw error;
    }
  }
  if (state.refused) return queue.needsAttention(item, "refused", state.message);
  return queue.fileKept(item, state.evidence_id);
}

/** Take the tasks as the server has them. */
async function refresh() {
  const found = await api.tasks();
  await db.write(["tasks", "meta"], ({ tasks, meta }) => {
    tasks.clear();
    for (const task of found.tasks) tasks.put(task);
    meta.put(found.at, "refreshed");
    meta.put(found.parts, "parts");
    meta.put({ rounds: found.rounds, notices: found.notices }, "beside");
  });
  queue.changed();
}
