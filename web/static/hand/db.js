// What is kept on the phone, per person: tasks, the queue of what has not been sent, the files in it.
// Every write is one transaction that is on the disk before anybody is told "saved".

const STORES = { tasks: { keyPath: "id" }, queue: { keyPath: "seq", autoIncrement: true }, files: {}, meta: {} };
let database = null;

const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** Open the store of a person. */
export async function open(user) {
  database?.close();
  const request = indexedDB.open(`hand-${user}`, 1);
  request.onupgradeneeded = () => {
    for (const [name, options] of Object.entries(STORES)) request.result.createObjectStore(name, options);
  };
  database = await done(request);
  database.onversionchange = () => database.close();
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
