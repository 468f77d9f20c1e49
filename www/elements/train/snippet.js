// The lines of Python that load a run's checkpoint into PyTorch's own modules.

/** PyTorch's modules. What it has none for is read as plain tensors. @type {Record<string, string>} */
const MODULES = { rnn: "RNN", lstm: "LSTM", gru: "GRU" };

/**
 * @param {import("../../engine/run.js").Run} run  begun: it has a summary
 * @param {string} file
 */
export function snippetOf(run, file) {
  const { network } = run.summary;
  const { form } = run.summary.task;
  const { cell, hidden, layers, bidirectional, options } = network;
  const tokens = form.inputs === "tokens";
  const width = tokens ? (network.embedding?.width ?? network.input) : form.inputWidth;
  const lines = ["import torch", "from safetensors.torch import load_file", "", `weights = load_file("${file}")`];
  const module = MODULES[cell];
  // (A GRU with its reset gate before the product is not PyTorch's.)
  if (!module || options?.reset === "before") {
    return [...lines, "", "# PyTorch has no such cell: these are its tensors, by name", "for name, tensor in weights.items():", "    print(name, tuple(tensor.shape))"].join("\n");
  }
  const more = [
    layers > 1 ? `num_layers=${layers}` : "",
    bidirectional ? "bidirectional=True" : "",
    cell === "rnn" && options?.nonlinearity === "relu" ? 'nonlinearity="relu"' : "",
  ].filter(Boolean);
  const part = (/** @type {string} */ prefix) => `{k.removeprefix("${prefix}."): v for k, v in weights.items() if k.startswith("${prefix}.")}`;
  lines.push(`${cell} = torch.nn.${module}(${[width, hidden, ...more].join(", ")})`, `${cell}.load_state_dict(${part(cell)})`);
  lines.push(`fc = torch.nn.Linear(${hidden * (bidirectional ? 2 : 1)}, ${form.outputs})`, `fc.load_state_dict(${part("fc")})`);
  if (tokens) lines.push(`embedding = torch.nn.Embedding(${form.inputWidth}, ${width})`, `embedding.load_state_dict(${part("embedding")})`);
  const states = `output, state = ${cell}(${tokens ? "embedding(tokens)" : "x"})`;
  lines.push("", `# ${tokens ? "tokens: (steps, batch), whole numbers" : `x: (steps, batch, ${width})`}`, states, `prediction = fc(output)${form.lastOnly && !bidirectional ? "  # the last step's is the answer" : ""}`);
  return lines.join("\n");
}
