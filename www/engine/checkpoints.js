// Runs and their checkpoints in the browser's storage (IndexedDB), so that a reload or a crash costs seconds.
//
// Everything degrades to nothing: without storage, or without room in it, training goes on and the page says so.

const NAME = "unrolled-train";
const VERSION = 1;

/**
 * @typedef {"auto" | "best" | "hand"} Kind  auto: the newest, overwritten; best: at the best validation, overwritten; hand: kept until deleted
 * @typedef {object} Checkpoint
 * @property {string} key
 * @property {number} run
 * @property {Kind} kind
 * @property {number} update
 * @property {number} examples
 * @property {number} seconds     of training until then
 * @property {{loss: number, metric: number} | null} validation  the newest one then
 * @property {number} saved       milliseconds since 1970
 * @property {number} size        bytes
 */

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const answer = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @param {IDBTransaction} transaction @returns {Promise<void>} */
const finished = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });

export class Store {
  /** @type {IDBDatabase | null} */
  #db = null;

  /** False where the browser has no storage for this page. */
  get works() {
    return this.#db !== null;
  }

  /** Opens the storage. Never throws. */
  async open() {
    try {
      const request = indexedDB.open(NAME, VERSION);
      request.onupgradeneeded = () => {
        const db = request.result;
        db.createObjectStore("runs", { keyPath: "id" });
        db.createObjectStore("checkpoints", { keyPath: "key" }).createIndex("run", "run");
        db.createObjectStore("bytes");
        db.createObjectStore("data");
      };
      this.#db = await answer(request);
      this.#db.onversionchange = () => this.#db?.close();
    } catch {
      this.#db = null;
    }
  }

  /** Records of runs, oldest first. @returns {Promise<any[]>} */
  async runs() {
    if (!this.#db) return [];
    const all = await answer(this.#db.transaction("runs").objectStore("runs").getAll());
    return all.sort((a, b) => a.id - b.id);
  }

  /** @returns {Promise<Checkpoint[]>} */
  async checkpoints() {
    return this.#db ? answer(this.#db.transaction("checkpoints").objectStore("checkpoints").getAll()) : [];
  }

  /** @param {string} key @returns {Promise<Uint8Array | undefined>} */
  async bytes(key) {
    return this.#db ? answer(this.#db.transaction("bytes").objectStore("bytes").get(key)) : undefined;
  }

  /**
   * Keeps a run, with checkpoints or without: all of it or nothing.
   * @param {any} record
   * @param {{about: Checkpoint, bytes: Uint8Array}[]} [checkpoints]
   * @throws {Error} when there is no room
   */
  async keep(record, checkpoints = []) {
    if (!this.#db) return;
    const transaction = this.#db.transaction(["runs", "checkpoints", "bytes"], "readwrite");
    transaction.objectStore("runs").put(record);
    for (const { about, bytes } of checkpoints) {
      transaction.objectStore("checkpoints").put(about);
      transaction.objectStore("bytes").put(bytes, about.key);
    }
    await finished(transaction);
  }

  /** @param {string[]} keys */
  async dropCheckpoints(keys) {
    if (!this.#db) return;
    const transaction = this.#db.transaction(["checkpoints", "bytes"], "readwrite");
    for (const key of keys) {
      transaction.objectStore("checkpoints").delete(key);
      transaction.objectStore("bytes").delete(key);
    }
    await finished(transaction);
  }

  /** The run and all its checkpoints. @param {number} id */
  async dropRun(id) {
    if (!this.#db) return;
    const keys = await answer(this.#db.transaction("checkpoints").objectStore("checkpoints").index("run").getAllKeys(id));
    const transaction = this.#db.transaction(["runs", "checkpoints", "bytes"], "readwrite");
    transaction.objectStore("runs").delete(id);
    for (const key of keys) {
      transaction.objectStore("checkpoints").delete(key);
      transaction.objectStore("bytes").delete(key);
    }
    await finished(transaction);
  }

  /** The reader's own file or text, under a name of ours. @param {string} key @param {{name: string, content: Uint8Array | string} | null} file */
  async keepData(key, file) {
    if (!this.#db) return;
    const transaction = this.#db.transaction("data", "readwrite");
    if (file) transaction.objectStore("data").put(file, key);
    else transaction.objectStore("data").delete(key);
    await finished(transaction);
  }

  /** @param {string} key @returns {Promise<{name: string, content: Uint8Array | string} | undefined>} */
  async data(key) {
    return this.#db ? answer(this.#db.transaction("data").objectStore("data").get(key)) : undefined;
  }

  /** Bytes used and granted to this page, as the browser estimates them; null where it does not say. */
  async estimate() {
    try {
      const { usage, quota } = await navigator.storage.estimate();
      return usage === undefined || quota === undefined ? null : { usage, quota };
    } catch {
      return null;
    }
  }
}
