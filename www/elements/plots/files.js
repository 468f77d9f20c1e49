// A plot as a file: the whole figure with title, legend and background, or its numbers.

const SIZE = { width: 960, height: 420, left: 76, right: 24, font: 13, complete: true };

/**
 * @param {string} kind  "png", "svg" or "csv"
 * @param {import("../../engine/session.js").Session} session
 * @param {import("./view.js").PlotSpec} spec
 * @param {any} options  as of `trace.plot`
 */
export function save(kind, session, spec, options) {
  const name = `unrolled-${spec.name}${spec.name === "influence" ? `-step-${options.from + 1}` : ""}.${kind}`;
  if (kind === "csv") return hand(name, new Blob([session.trace.csv(spec.name, options)], { type: "text/csv" }));
  if (kind === "svg") return hand(name, new Blob([session.trace.svg(spec.name, { ...options, ...SIZE })], { type: "image/svg+xml" }));
  const canvas = document.createElement("canvas");
  while (spec.heavy && session.trace.prepare(spec.name, options, 1000) < 1);
  session.trace.draw(canvas, spec.name, { ...options, ...SIZE, dpr: 2 });
  canvas.toBlob((blob) => blob && hand(name, blob), "image/png");
}

/** @param {string} name @param {Blob} blob */
export function hand(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has the file once the click is through.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
