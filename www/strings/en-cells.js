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
  W: ["tap", "taps"],
};
/** Where a letter means something else. @type {Record<string, Record<string, [string, string]>>} */
const OTHER = { mamba: { K: ["tap", "taps"] }, slstm: { K: ["tap", "taps"] } };
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
    const extent = (/** @type {string} */ name) => axes.find((a) => a.name === name)?.extent ?? 1;
    const said = (/** @type {string[]} */ names) => names.filter((name) => extent(name) > 1).map((name) => `${extent(name)} ${many(name, cell)}`).join(" × ");
    return down.length === 0 ? `→ ${said(across)}` : `→ ${said(across)}   ↓ ${said(down)}`;
  },
  matrix: {
    title: "The memory, a matrix",
    key: "key k",
    query: "query q",
    value: "value v",
    read: "what is read",
    memory: "memory C: keys down, values across; left of it the key k, then the query q",
    written: "written at this step: i · v kᵀ ∕ √K",
    label: (/** @type {string} */ what, /** @type {number} */ rows, /** @type {number} */ columns, /** @type {string} */ most) => `${what}: ${rows} × ${columns}, colour −${most} … ${most}`,
    text: (/** @type {any} */ { keep, write, divisor, memory, written, head, heads }) =>
      `${heads > 1 ? `Head ${head}: ` : ""}${keep} of the old memory stays (f); the value is written along the key with strength ${write} (i), at most ${written} in one place, where the memory holds up to ${memory}. The query weighs the rows, their sum is divided by ${divisor}.`,
  },
  polar: {
    title: "The state as pointers",
    text: (/** @type {number} */ unit, /** @type {string} */ most) => `Modes of unit ${unit}: length is magnitude, direction and colour are phase; the outer ring is ${most}. Thin: where each stood a step before. From there it turned and shrank by its fixed factor, and the input pushed it.`,
    label: (/** @type {number} */ unit, /** @type {number} */ modes, /** @type {string} */ most) => `${modes} modes of unit ${unit} as pointers, the longest ${most}`,
    mode: (/** @type {number} */ m, /** @type {string} */ size, /** @type {string} */ angle) => `mode ${m}: magnitude ${size}, phase ${angle}°`,
    number: (/** @type {string} */ size, /** @type {string} */ angle) => `${size} ∠ ${angle.replace("-", "−")}°`,
  },
  step: {
    title: "Δ: how much each token is let in",
    text: (/** @type {number | null} */ channel, /** @type {string} */ delta, /** @type {string} */ most, /** @type {string} */ least) =>
      `${channel === null ? "Mean over the channels" : `Channel ${channel}`}: Δ = ${delta} at this step. Of what was stored, ${most} stays in the slowest state and ${least} in the fastest.`,
    bar: (/** @type {string} */ share) => `1 − e^−Δ = ${share}: how far a state with the rate 1 moves from the past to this token`,
    line: (/** @type {number | null} */ channel, /** @type {string} */ most) => `Δ at every step, 0 to ${most}${channel === null ? ", mean over the channels" : ""}. Press a step to go there.`,
    map: (/** @type {number} */ states, /** @type {number} */ steps) => `Decay exp(ΔA) of ${states} states at ${steps} steps, 0 to 1`,
    decay: "Decay exp(ΔA) below it: a row for each state, slow ones on top, in the colours of gates: 0 is forgotten, 1 is kept.",
  },
  stabiliser: {
    title: "Exponential gates, and what keeps them in reach",
    value: (/** @type {string} */ name, /** @type {string} */ title, /** @type {string} */ value) => `${name} (${title}): ${value}`,
    text: (/** @type {number | null} */ unit, /** @type {boolean} */ on) =>
      `${unit === null ? "The largest of all units" : `Unit ${unit}`}, at every step. ${on ? "i and f are taken relative to e^m, so that neither passes 1; n and c carry the same factor, and it cancels in c ÷ n." : "Without the stabiliser i = e^ĩ as it comes, and n and c grow with it."}`,
    push: (/** @type {number} */ value) => `Let ĩ be ${value} from this step on`,
    overflow: (/** @type {number} */ step) => `From step ${step} on a number is larger than a 32-bit float can hold (∞), and ∞ ÷ ∞ is no number: the run is lost. The stabiliser prevents exactly this.`,
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
