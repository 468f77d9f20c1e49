// Words about each cell, and about what only the newer cells have.

/** @typedef {import("../elements/inspector/axes.js").Axis} Axis */

/** What an axis is called: [one place, the axis]. @type {Record<string, [string, string]>} */
const AXES = {
  H: ["unit", "units"],
  I: ["input", "inputs"],
  E: ["channel", "channels"],
  N: ["state", "states"],
  M: ["mode", "modes"],
  NH: ["head", "heads"],
  K: ["key", "keys"],
  V: ["value", "values"],
  D: ["place in the head", "places in a head"],
  R: ["rank", "ranks"],
  C: ["tap", "taps"],
};
/** Where a letter means something else. @type {Record<string, Record<string, [string, string]>>} */
const OTHER = { mamba: { K: ["tap", "taps"] }, slstm: { K: ["tap", "taps"] }, s4d: { N: ["mode", "modes"] } };
const one = (/** @type {string} */ axis, cell = "") => (OTHER[cell]?.[axis] ?? AXES[axis])?.[0] ?? axis;
const many = (/** @type {string} */ axis, cell = "") => (OTHER[cell]?.[axis] ?? AXES[axis])?.[1] ?? axis;

export const MODERN = {
  axis: one,
  axisLabel: (/** @type {string} */ axis, /** @type {number} */ most) => `${axis[0].toUpperCase()}${axis.slice(1)}, 0 to ${most}`,
  axisStep: (/** @type {string} */ axis, /** @type {number} */ by) => `${by < 0 ? "Previous" : "Next"} ${axis}`,
  mapRole: "lane as a heat map",
  map: (/** @type {string} */ title, /** @type {number} */ rows, /** @type {number} */ columns) => `${title}: ${rows} × ${columns} values. Arrow keys move, Enter chooses one.`,
  element: (/** @type {string} */ lane, /** @type {string} */ place, /** @type {string} */ value) => `${lane}[${place}] = ${value}`,
  /** @param {string[]} across @param {string[]} down @param {Axis[]} axes @param {string} cell */
  plane(across, down, axes, cell) {
    const said = (/** @type {string[]} */ names) => names.map((name) => `${axes.find((a) => a.name === name)?.extent} ${many(name, cell)}`).join(" × ");
    return down.length === 0 ? `→ ${said(across)}` : `→ ${said(across)}   ↓ ${said(down)}`;
  },
  chosenElement: (/** @type {string} */ place) => `element [${place}]`,
  allElements: "all of it",
};

/** What is new in each cell: two to four sentences, and what to look at. @type {Record<string, string>} */
export const NEWS = {
  rnn: "The simplest network with a memory: one vector h, mixed with the input and squashed again at every step. Nothing protects what h holds, so every step writes over it. Look at the one-step Jacobian: whatever is multiplied by it again and again dies out or explodes.",
  lstm: "Beside h there is a cell state c that is only multiplied and added to. The forget gate f says how much of c stays, the input gate i how much of the candidate g comes in, the output gate o how much of it is shown. Hold f at 1 and c stays: its gradient then travels back without shrinking.",
  gru: "An LSTM with one state and two gates. The update gate z blends the old h with a candidate, so that keeping and writing are two ends of one choice; the reset gate r says how much of the old h the candidate may see. Look at z: where it keeps, h hardly changes.",
  mingru: "A GRU whose gate and candidate look at the input alone: neither reads the old state. What is left is h ← (1 − z)·h + z·h̃, with numbers known before the first step, so all steps can be computed at once by a scan. What it gave up: a gate can no longer depend on what is remembered.",
  minlstm: "An LSTM whose gates look at the input alone. Forget and input gate are divided by their sum, so that together they are always 1: what comes in takes the place of what goes. As in minGRU all steps can be computed at once; look how alike f′ and i′ are, seen in a mirror.",
  s4d: "A linear system that runs continuously in time and is read at steps of width Δ. Each unit drives a few complex modes; a mode turns by a fixed angle and shrinks by a fixed factor at every step, whatever is read. Nothing is gated, so the whole run is one convolution. Look at a mode as a pointer: the input pushes it, then it turns and fades.",
  mamba: "A state-space model that selects: the step width Δ and the read and write vectors B and C are computed from the input. A large Δ lets this token in and makes the past fade, a small one passes it by; that is a gate, found by another road. Look at Δ, and at the decay exp(ΔA) it brings about: one Δ, many time scales.",
  slstm: "An LSTM whose input gate is an exponential: it can grow without bound, so a late input can outweigh everything before. The normaliser n counts what was let in, and h shows c ÷ n. The stabiliser m is the largest exponent so far, taken out of both: c ÷ n is unchanged and nothing overflows. Switch it off to see what happens.",
  mlstm: "The memory is a matrix C. At each step a value v is written along a key k: C ← f·C + i·v kᵀ; a query q reads it back. No state is fed into gates or keys, so all steps can be computed at once. Look at C: a write is a stripe pattern, and a query like an old key brings back that key's value.",
};
export const NEWS_TITLE = (/** @type {string} */ cell) => `What is new in ${cell}`;
