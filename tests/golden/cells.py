"""The cells of PyTorch and the other GRU conventions as plain autograd loops, step by step, so that every gate can be read.

`generate.py` holds these loops against nn.RNN, nn.LSTM and nn.GRU wherever PyTorch has the cell.
"""

import torch

GATES = {"rnn-tanh": 1, "rnn-relu": 1, "lstm": 4}
GRU_KINDS = ["gru-after-keep", "gru-before-keep", "gru-after-replace", "gru-before-replace"]
for _kind in GRU_KINDS:
    GATES[_kind] = 3
KINDS = ["rnn-tanh", "rnn-relu", "lstm"] + GRU_KINDS
TORCH_KINDS = ["rnn-tanh", "rnn-relu", "lstm", "gru-after-keep"]


def lanes_of(kind):
    if kind.startswith("rnn"):
        return ["h"]
    if kind == "lstm":
        return ["i", "f", "g", "o", "c", "h"]
    return ["r", "z", "u", "n", "h"] if "after" in kind else ["r", "z", "q", "n", "h"]


def parameter_shapes(case):
    """(name, shape) in the order of PyTorch's state_dict."""
    rows = GATES[case["kind"]] * case["hidden"]
    directions = 2 if case["bidirectional"] else 1
    shapes = []
    for layer in range(case["layers"]):
        width = case["width"] if layer == 0 else directions * case["hidden"]
        for suffix in ["", "_reverse"][:directions]:
            shapes.append((f"weight_ih_l{layer}{suffix}", (rows, width)))
            shapes.append((f"weight_hh_l{layer}{suffix}", (rows, case["hidden"])))
            if case["bias"]:
                shapes.append((f"bias_ih_l{layer}{suffix}", (rows,)))
                shapes.append((f"bias_hh_l{layer}{suffix}", (rows,)))
    return shapes


def step(kind, x, state, w_ih, w_hh, b_ih, b_hh):
    """One step: x (B,I), state {h, c?} (B,H) each. Returns every lane by name.

    A GRU's internal lane is u = W_hn h + b_hn where the reset comes after the product, q = r*h where it comes before.
    """
    h = state["h"]
    gx = x @ w_ih.T + b_ih
    if kind.startswith("rnn"):
        a = gx + h @ w_hh.T + b_hh
        return {"h": torch.tanh(a) if kind == "rnn-tanh" else torch.relu(a), "a": a}
    if kind == "lstm":
        i, f, g, o = (gx + h @ w_hh.T + b_hh).chunk(4, -1)
        i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
        c = f * state["c"] + i * g
        return {"i": i, "f": f, "g": g, "o": o, "c": c, "h": o * torch.tanh(c)}
    _, reset, update = kind.split("-")
    hidden = h.shape[-1]
    gh = h @ w_hh[: 2 * hidden].T + b_hh[: 2 * hidden]
    r = torch.sigmoid(gx[..., :hidden] + gh[..., :hidden])
    z = torch.sigmoid(gx[..., hidden : 2 * hidden] + gh[..., hidden:])
    if reset == "after":
        u = h @ w_hh[2 * hidden :].T + b_hh[2 * hidden :]
        n = torch.tanh(gx[..., 2 * hidden :] + r * u)
    else:
        u = r * h
        n = torch.tanh(gx[..., 2 * hidden :] + u @ w_hh[2 * hidden :].T + b_hh[2 * hidden :])
    new = (1 - z) * n + z * h if update == "keep" else (1 - z) * h + z * n
    return {"r": r, "z": z, "u" if reset == "after" else "q": u, "n": n, "h": new}


def weights_of(parameters, layer, direction, bias):
    suffix = f"_l{layer}" + ("_reverse" if direction else "")
    w_ih, w_hh = parameters["weight_ih" + suffix], parameters["weight_hh" + suffix]
    if bias:
        return w_ih, w_hh, parameters["bias_ih" + suffix], parameters["bias_hh" + suffix]
    zero = torch.zeros(w_ih.shape[0], dtype=w_ih.dtype)
    return w_ih, w_hh, zero, zero


def run(case, parameters, x, h0, c0, masks=None):
    """The whole stack. x (T,B,I); h0, c0 (L*D,B,H). Sequences stop at case["lengths"]; masks multiply the outputs between layers.

    Returns output, h_n, c_n (or None) and lanes[layer][direction][name] as lists over time.
    """
    kind, carried = case["kind"], ["h", "c"] if case["kind"] == "lstm" else ["h"]
    directions = 2 if case["bidirectional"] else 1
    steps = x.shape[0]
    lengths = torch.tensor(case.get("lengths") or [steps] * x.shape[1])
    whole = bool((lengths == steps).all())
    rows, final, lanes = x, {"h": [], "c": []}, []
    for layer in range(case["layers"]):
        sides, lanes_here = [], []
        for direction in range(directions):
            weights = weights_of(parameters, layer, direction, case["bias"])
            at = layer * directions + direction
            state = {"h": h0[at], "c": c0[at] if c0 is not None else None}
            history = [None] * steps
            outputs = [None] * steps
            for t in reversed(range(steps)) if direction else range(steps):
                new = step(kind, rows[t], state, *weights)
                history[t] = new
                if whole:
                    state = {name: new[name] for name in carried}
                    outputs[t] = new["h"]
                else:
                    active = (t < lengths)[:, None]
                    state = {name: torch.where(active, new[name], state[name]) for name in carried}
                    outputs[t] = torch.where(active, new["h"], torch.zeros_like(new["h"]))
            for name in carried:
                final[name].append(state[name])
            sides.append(torch.stack(outputs))
            lanes_here.append({name: [now[name] for now in history] for name in history[0]})
        lanes.append(lanes_here)
        rows = torch.cat(sides, -1)
        if masks is not None and layer + 1 < case["layers"]:
            rows = rows * masks[layer]
    c_n = torch.stack(final["c"]) if kind == "lstm" else None
    return rows, torch.stack(final["h"]), c_n, lanes


def module_of(case, layers=None, width=None):
    """The same stack as PyTorch's module."""
    shape = dict(
        input_size=width or case["width"],
        hidden_size=case["hidden"],
        num_layers=layers or case["layers"],
        bias=case["bias"],
        bidirectional=case["bidirectional"],
    )
    if case["kind"].startswith("rnn"):
        return torch.nn.RNN(nonlinearity=case["kind"].split("-")[1], **shape)
    return torch.nn.LSTM(**shape) if case["kind"] == "lstm" else torch.nn.GRU(**shape)
