// Geometry of a diagram: where nodes end, how wires run and where they meet. The places come from the cell's Spec.
/** @typedef {{x: number, y: number}} Point */

/** Half width and half height of each shape, in the diagram's units. */
const SIZES = { block: [6.6, 6.2], lane: [6.6, 5.4], before: [6.6, 5.4], input: [6.6, 5.4], operation: [3.2, 3.2] };

/** @param {any} node */
export function sizeOf(node) {
  const [width, height] = SIZES[node.shape.kind];
  return { width: node.shape.sign?.length > 1 && node.shape.sign !== "1−" ? 5.2 : width, height };
}

/** Where a line from `from` meets the edge of a node: straight on where it comes in level or upright. @param {any} node @param {Point} from @returns {Point} */
function edge(node, from) {
  const { width, height } = sizeOf(node);
  const round = node.shape.kind === "operation" && width === height;
  const [dx, dy] = [from.x - node.x, from.y - node.y];
  if (Math.abs(dx) < width - 0.5) return { x: round ? node.x : from.x, y: node.y + Math.sign(dy) * height };
  if (Math.abs(dy) < height - 0.5) return { x: node.x + Math.sign(dx) * width, y: round ? node.y : from.y };
  const share = Math.min(width / Math.abs(dx), height / Math.abs(dy));
  return { x: node.x + dx * share, y: node.y + dy * share };
}

/** The corner points of a wire, from edge to edge. @param {any} diagram @param {any} wire @returns {Point[]} */
export function course(diagram, wire) {
  const find = (/** @type {string} */ id) => diagram.nodes.find((/** @type {any} */ n) => n.id === id);
  const [from, to] = [find(wire.from), find(wire.to)];
  const via = wire.via.map((/** @type {number[]} */ [x, y]) => ({ x, y }));
  const first = via[0] ?? { x: to.x, y: to.y };
  const last = via.at(-1) ?? { x: from.x, y: from.y };
  return [edge(from, first), ...via, edge(to, last)];
}

/** A path with rounded corners. @param {Point[]} points @param {number} [radius] */
export function path(points, radius = 1.6) {
  const f = (/** @type {number} */ v) => Number(v.toFixed(2));
  let d = `M${f(points[0].x)} ${f(points[0].y)}`;
  for (let k = 1; k < points.length - 1; k++) {
    const [a, b, c] = [points[k - 1], points[k], points[k + 1]];
    const before = towards(b, a, radius);
    const after = towards(b, c, radius);
    d += `L${f(before.x)} ${f(before.y)}Q${f(b.x)} ${f(b.y)} ${f(after.x)} ${f(after.y)}`;
  }
  const end = points[points.length - 1];
  return `${d}L${f(end.x)} ${f(end.y)}`;
}

/** @param {Point} from @param {Point} to @param {number} distance @returns {Point} */
export function towards(from, to, distance) {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const share = length === 0 ? 0 : Math.min(distance, length / 2) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

/** An arrowhead with its point at `tip`. @param {Point} tip @param {Point} from @param {number} size */
export function arrow(tip, from, size) {
  const length = Math.hypot(tip.x - from.x, tip.y - from.y) || 1;
  const [ux, uy] = [(tip.x - from.x) / length, (tip.y - from.y) / length];
  const [bx, by] = [tip.x - ux * size, tip.y - uy * size];
  const half = size * 0.55;
  return `${tip.x},${tip.y} ${bx - uy * half},${by + ux * half} ${bx + uy * half},${by - ux * half}`;
}

/**
 * Where wires from one node part: the points that at least two of them share and leave differently.
 * @param {any} diagram
 * @returns {Point[]}
 */
export function junctions(diagram) {
  const found = diagram.wires
    .filter((/** @type {any} */ w) => tapped(diagram, w))
    .map((/** @type {any} */ w) => ({ x: w.via[0][0], y: w.via[0][1] }));
  for (const node of diagram.nodes) {
    const paths = diagram.wires.filter((/** @type {any} */ w) => w.from === node.id).map((/** @type {any} */ w) => course(diagram, w));
    if (paths.length < 2) continue;
    const seen = new Set();
    for (const points of paths) {
      for (const p of points.slice(1, -1)) {
        const name = `${p.x} ${p.y}`;
        const passing = paths.filter((other) => other !== points && through(other, p));
        if (passing.length > 0 && !seen.has(name)) {
          seen.add(name);
          found.push({ x: p.x, y: p.y });
        }
      }
    }
  }
  return found;
}

/** Does a course run on through a point, rather than turn there as well? @param {Point[]} points @param {Point} p */
function through(points, p) {
  return points.slice(1).some((b, k) => {
    const a = points[k];
    const within = (/** @type {number} */ v, /** @type {number} */ m, /** @type {number} */ n) => v > Math.min(m, n) + 0.1 && v < Math.max(m, n) - 0.1;
    return (a.y === b.y && a.y === p.y && within(p.x, a.x, b.x)) || (a.x === b.x && a.x === p.x && within(p.y, a.y, b.y));
  });
}

/** The cell's frame: its inputs and outputs are ports on its edge. @param {any} diagram */
export function frame(diagram) {
  const of = (/** @type {string[]} */ kinds) => diagram.nodes.filter((/** @type {any} */ n) => kinds.includes(n.shape.kind));
  const left = Math.min(...of(["before"]).map((/** @type {any} */ n) => n.x));
  const right = Math.max(...of(["lane"]).map((/** @type {any} */ n) => n.x));
  const bottom = Math.max(...of(["input"]).map((/** @type {any} */ n) => n.y));
  const top = Math.min(...diagram.nodes.map((/** @type {any} */ n) => n.y - sizeOf(n).height)) - 4;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Does a wire leave a lane along the very wire that brings it? Then it parts from that one, at its first corner. @param {any} diagram @param {any} wire */
export function tapped(diagram, wire) {
  const [x, y] = wire.via[0] ?? [];
  return x !== undefined && diagram.wires.some((/** @type {any} */ w) => w.to === wire.from && through(course(diagram, w), { x, y }));
}

/** Where the number of a wire into a block stands: beside its last piece. @param {Point[]} points @param {boolean} right */
export function numberPlace(points, right) {
  const [a, b] = points.slice(-2);
  if (Math.abs(a.x - b.x) > 0.1) return { x: b.x - 2.6, y: b.y + 2.9, class: "left" };
  if (a.y < b.y) return { x: b.x - 1.8, y: b.y - 2, class: "left" };
  return { x: b.x + (right ? 1.1 : -1.1), y: b.y + (right ? 7.9 : 4.4), class: right ? "right" : "left" };
}
