// The Compare screen's keys, and what its presets ask, expect and show. Every expectation was computed before it was written down.

export const KEYS = /** @type {[string[], string][]} */ ([
  [["Space"], "play, pause"],
  [["←", "→"], "one step back, forward"],
  [["Shift ←", "Shift →"], "ten steps"],
  [["Home", "End"], "first step, last step"],
  [["Tab"], "to the next control or plot; in a plot, arrow keys read it out"],
  [["?"], "this list"],
]);

/** `expect` is left empty where nobody has seen it yet. @type {Record<string, {title: string, question: string, expect: string, look: string}>} */
export const LIST = {
  carousel: {
    title: "RNN against LSTM: the error carousel",
    question: "Why can an LSTM still learn from what happened 200 steps ago, and a vanilla RNN cannot?",
    expect:
      "Nothing is trained here. The RNN’s gradient shrinks by about the same factor at every step back; some 140 steps back f32 has lost it. The LSTM as drawn (forget gate about half open) loses it, too, only later. With the forget gate nearly 1 the error goes round and round in the cell state: as much arrives at step 1 as there was at step 200.",
    look: "the three slopes in “Gradient at every step”. The price stands in “Size of the carried state”: what is never forgotten piles up.",
  },
  forgetBias: {
    title: "LSTM: forget bias −1, 1, 3, 5",
    question: "What does one number, the forget gate’s bias before training, decide?",
    expect:
      "How long the memory is: of step 1, 10⁻¹⁸⁹ of the start is left after 499 steps with bias −1, 10⁻³³ with 1, a fifteenth with 3, a third with 5. With −1 the gradient is under the f32 floor by 100 steps, with 1 by 550, with 3 and 5 not by 2,000.",
    look: "four slopes in “Memory of step 1”, and where each line meets the floor in “Gradient of step 1 against length”.",
  },
  updateGate: {
    title: "GRU: z near keep, z near replace",
    question: "A GRU has one gate for two decisions. What does keeping cost?",
    expect:
      "Near “keep” (bias 4) the memory of step 1 halves in 41 steps, as drawn in 2, near “replace” (bias −4) in 1. But what keeps also lets little in: at step 1 itself the input moves the state by 0.0099, against 0.28 and 0.55.",
    look: "where the lines of “Memory of step 1” begin, and how steeply they fall. Choose “relative” to compare slopes alone.",
  },
  radius: {
    title: "RNN: spectral radius 0.5, 1, 1.5",
    question: "Is there a radius at which a vanilla RNN neither forgets nor explodes?",
    expect:
      "After one impulse: with 0.5 everything is gone, by the same factor each step. With 1 it still fades, because tanh only ever makes less: 10⁻⁸ is left after 199 steps. With 1.5 this network never comes to rest, and a nudge at step 1 has grown 250-fold. Other seeds fade after all: try some.",
    look: "the strips: still, still, restless. Then the three lines of “Memory of step 1”.",
  },
  trained: {
    title: "What training does to memory",
    question: "Do trained networks remember longer than they did when they were drawn?",
    expect:
      "Much longer, the vanilla RNN, too. Reading 200 hours, the trained LSTM’s memory of step 1 halves in 19 hours instead of 1, the RNN’s in 15 instead of 2. The gradient of step 1, lost in f32 by 190 and 132 steps before training, is over the floor at 2,000 hours after it in the LSTM, and until 1,700 in the RNN.",
    look: "the two pairs of lines in “Memory of step 1”; and the forecasts of the trained two over the temperature.",
  },
  budget: {
    title: "The same budget, 20 starts each",
    question: "With as many parameters for each, does a bigger RNN catch up with a smaller LSTM?",
    expect:
      "Not in reach: medians of 20 random starts. With about 4,000 parameters the RNN has 61 units, the LSTM 30, the GRU 35; the gradient of step 1 sinks under the f32 floor at 161, 195 and 194 steps. The bands of LSTM and GRU overlap: between them, one lucky seed would decide.",
    look: "whether the bands overlap. “Side by side” has the costs.",
  },
  newCells: {
    title: "How each forgets: RNN, LSTM, GRU, S4D",
    question: "Is a state-space model’s memory of another kind than a gated network’s?",
    expect:
      "Of another shape. As drawn, RNN, LSTM and GRU lose about the same factor at every step: after 499 steps 10⁻⁹⁵ of the start is left in the LSTM, 10⁻¹³⁰ in the RNN. S4D’s states have lifetimes of all lengths: most is gone after one step, then the line flattens, and 0.3 % is left at the end. Its gradient of step 1 is not under the f32 floor by 2,000 steps.",
    look: "the shapes of the four lines of “Memory of step 1” over 500 steps: straight, bent or flat.",
  },
  otherCells: {
    title: "How each forgets: minGRU, Mamba, sLSTM, mLSTM",
    question: "And the newest four: how does each forget over 500 steps?",
    expect:
      "minGRU, as drawn, loses about a third at each step: 10⁻⁸² is left at the end. Mamba and sLSTM fall fast at first and slowly then: 10⁻⁵ of the start is left. mLSTM lies between, 10⁻¹³. What that costs is seen in the state: Mamba carries 768 numbers, mLSTM more than 1,000, minGRU 32.",
    look: "“Memory of step 1” and “Size of the carried state”: how much each carries on to remember so.",
  },
  noise: {
    title: "S4D against Mamba: ignore the noise token",
    question: "Can a network decide from what it reads how long to remember it?",
    expect:
      "S4D is linear and the same at every step: whichever step one takes, blank or symbol, its line is the same, only moved along. Mamba’s is another one for each: at once, a symbol moves its output about twice as much (0.3 to 0.4) as a blank (0.16 to 0.18). Nothing is trained yet: which to ignore is still to be learned; a layer that is the same at every step has no way to.",
    look: "“Memory”: go to step 5, a symbol, and “take the step at hand”; then the same at a blank beside it.",
  },
  overwrite: {
    title: "sLSTM against LSTM: overwrite a memory",
    question: "What does exponential gating change when something newer must count more than everything kept?",
    expect:
      "One new reading displaces most of what was there: after one step 9 % of step 1’s influence is left in the sLSTM, 48 % in the LSTM. What then remains thins out slowly, as in a running mean: after 199 steps 10⁻⁴ of the start, where the LSTM has 10⁻³⁹. What training makes of it: in Train, “sLSTM against LSTM: a better match replaces what is stored”.",
    look: "the first steps of “Memory of step 1”, then how the two lines cross and part.",
  },
};
