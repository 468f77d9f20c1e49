// Keeps the reader's own network through a reload: in this tab only, and never anywhere else.

const KEY = "unrolled-file";
/** A tab's storage holds some 5 MB of text. */
const MOST = 3_000_000;

/** @param {string} name @param {Uint8Array} bytes */
export function keepFile(name, bytes) {
  try {
    sessionStorage.removeItem(KEY);
    if (bytes.length > MOST) return;
    let text = "";
    for (let k = 0; k < bytes.length; k += 0x8000) text += String.fromCharCode(...bytes.subarray(k, k + 0x8000));
    sessionStorage.setItem(KEY, JSON.stringify({ name, data: btoa(text) }));
  } catch {
    // No storage, or no room: then a reload asks for the file again, and says so.
  }
}

/** @returns {{name: string, bytes: Uint8Array} | null} */
export function keptFile() {
  try {
    const { name, data } = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    return { name: String(name), bytes: Uint8Array.from(atob(data), (c) => c.charCodeAt(0)) };
  } catch {
    return null;
  }
}
