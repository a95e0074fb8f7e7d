// What is kept on the phone, per person: tasks, the queue of what has not been sent, the files in it.
// Every write is one transaction that is on the disk before anybody is told "saved".

const STORES = { tasks: { keyPath: "id" }, queue: { keyPath: "seq", autoIncrement: true }, files: {}, meta: {} };
let database = null;

const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

function opened(name, stores) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    for (const [store, options] of Object.entries(stores)) request.result.createObjectStore(store, options);
  };
  return done(request);
}

/** Open the store of a person. */
export async function open(user) {
  database?.close();
  database = await opened(`hand-${user}`, STORES);
  database.onversionchange = () => database.close();
}

/** Return who used this phone last; with `me`, remember it. (localStorage is written late: a killed browser forgets it.) */
export async function lastPerson(me) {
  const store = await opened("hand", { last: {} });
  try {
    if (!me) return await done(store.transaction("last").objectStore("last").get("me"));
    await done(store.transaction("last", "readwrite", { durability: "strict" }).objectStore("last").put(me, "me"));
    return me;
  } finally {
    store.close();
  }
}

/** Run `work(stores)` in one transaction and return its result when all of it is kept. */
export function write(names, work) {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(names, "readwrite", { durability: "strict" });
    let result;
    transaction.oncomplete = () => resolve(result);
    transaction.onabort = () => reject(transaction.error ?? new Error("not kept"));
    const stores = Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]));
    Promise.resolve(work(stores, done)).then((value) => { result = value; }, (error) => { transaction.abort(); reject(error); });
  });
}

export const all = (name) => done(database.transaction(name).objectStore(name).getAll());
export const get = (name, key) => done(database.transaction(name).objectStore(name).get(key));
