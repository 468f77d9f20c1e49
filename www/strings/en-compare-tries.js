// The Compare screen's keys, and what its presets ask, expect and show. Every expectation was computed before it was written down.

export const KEYS = /** @type {[string[], string][]} */ ([
  [["Space"], "play, pause"],
  [["←", "→"], "one step back, forward"],
  [["Shift ←", "Shift →"], "ten steps"],
  [["Home", "End"], "first step, last step"],
  [["Tab"], "to the next control or plot; in a plot, arrow keys read it out"],
  [["?"], "this list"],
]);

/** @type {Record<string, {title: string, question: string, expect: string, look: string}>} */
export const LIST = {
  carousel: {
    title: "Constant error carousel",
    question: "Why does an LSTM remember longer than a vanilla RNN, before anything is learned?",
    expect: "",
    look: "",
  },
  forgetBias: { title: "Forget bias −1, 1, 3, 5", question: "", expect: "", look: "" },
  updateGate: { title: "GRU: z near keep, z near replace", question: "", expect: "", look: "" },
  radius: { title: "Spectral radius 0.5, 1, 1.5", question: "", expect: "", look: "" },
  trained: { title: "What training does to memory", question: "", expect: "", look: "" },
  budget: { title: "Same budget, other cells", question: "", expect: "", look: "" },
};
