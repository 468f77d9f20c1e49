"""Jacobians of one layer and direction, from autograd: the layer's input sequence is held fixed, the carried state varies.

The carried state is h, or (h, c) one after the other. Time runs in processing order: state s_0 is the initial one and s_T the
last, so for the reverse direction s_1 follows the input at t = T-1. A case's values, for every layer and direction, are
    full:       d s_T / d s_t for t = 0..T, each (rows, rows) row-major           cases with "matrices"
    norm_full:  its spectral norm, t = 0..T
    norm_h:     spectral norm of its h rows and h columns (c_t held), t = 0..T
    step_full:  spectral norm of d s_t / d s_(t-1), t = 1..T
    step_h:     the same over h rows and h columns
    input:      spectral norm of d h_t / d x_k, (T,T) with t the row, k the column; 0 where x_k comes after h_t
and at the end, for the whole stack,
    through:    spectral norm of d output_t / d input_k, (T,T)                    cases with "matrices"
"""

import numpy as np
import torch

import cells


def cases():
    shape = dict(group="jacobian", bias=True, batch=1)
    small = dict(shape, steps=6, width=2, hidden=3, matrices=True)
    long = dict(shape, steps=40, width=3, hidden=7, matrices=False)
    made = []
    for kind in cells.KINDS:
        made.append(dict(small, kind=kind, layers=1, bidirectional=False))
        made.append(dict(small, kind=kind, layers=2, bidirectional=True))
        made.append(dict(long, kind=kind, layers=1, bidirectional=False))
    return made


def norm(matrix):
    return float(torch.linalg.matrix_norm(matrix, ord=2))


def of_direction(one, weights, rows, h0, c0, reverse):
    """`rows` (T,I) is the layer's input. Returns the listed values and the layer's own outputs."""
    kind, hidden, steps = one["kind"], one["hidden"], one["steps"]
    carried = ["h", "c"] if kind == "lstm" else ["h"]
    order = list(reversed(range(steps))) if reverse else list(range(steps))

    def advance(s, x):
        state = {name: s[None, at * hidden : (at + 1) * hidden] for at, name in enumerate(carried)}
        new = cells.step(kind, x[None], state, *weights)
        return torch.cat([new[name][0] for name in carried])

    states = [torch.cat([h0, c0]) if kind == "lstm" else h0]
    by_state, by_input = [], []
    for t in order:
        wrt_s, wrt_x = torch.autograd.functional.jacobian(advance, (states[-1], rows[t]))
        by_state.append(wrt_s)
        by_input.append(wrt_x)
        states.append(advance(states[-1], rows[t]))

    def last_from(start):
        def run(s):
            for t in order[start:]:
                s = advance(s, rows[t])
            return s

        return torch.autograd.functional.jacobian(run, states[start])

    full = [last_from(t) for t in range(steps + 1)]
    chain = torch.eye(states[0].numel(), dtype=torch.float64)
    for t in reversed(range(steps)):
        chain = chain @ by_state[t]
        assert torch.allclose(chain, full[t], 1e-10, 1e-12), "the chain rule and autograd disagree"
    influence = np.zeros((steps, steps))
    for k in range(steps):
        product = by_input[k]
        for t in range(k, steps):
            product = product if t == k else by_state[t] @ product
            influence[order[t], order[k]] = norm(product[:hidden])
    values = [torch.stack(full).flatten().numpy()] if one["matrices"] else []
    values.append([norm(matrix) for matrix in full])
    values.append([norm(matrix[:hidden, :hidden]) for matrix in full])
    values.append([norm(matrix) for matrix in by_state])
    values.append([norm(matrix[:hidden, :hidden]) for matrix in by_state])
    values.append(influence.flatten())
    outputs = torch.zeros(steps, hidden, dtype=torch.float64)
    for position, t in enumerate(order):
        outputs[t] = states[position + 1][:hidden]
    return values, outputs


def values(one, drawn):
    tensors = {name: torch.tensor(value) for name, value in drawn["parameters"].items()}
    h0 = torch.tensor(drawn["h0"])
    c0 = torch.tensor(drawn["c0"]) if "c0" in drawn else None
    x = torch.tensor(drawn["input"])
    directions, collected, rows = 2 if one["bidirectional"] else 1, [], x[:, 0]
    for layer in range(one["layers"]):
        sides = []
        for direction in range(directions):
            weights = cells.weights_of(tensors, layer, direction, one["bias"])
            at = layer * directions + direction
            c = c0[at, 0] if c0 is not None else None
            found, outputs = of_direction(one, weights, rows, h0[at, 0], c, direction == 1)
            collected += found
            sides.append(outputs)
        rows = torch.cat(sides, -1)
    if one["matrices"]:

        def stack(given):
            return cells.run(one, tensors, given, h0, c0)[0][:, 0]

        through = torch.autograd.functional.jacobian(stack, x)[:, :, :, 0]
        collected.append([norm(through[t, :, k]) for t in range(one["steps"]) for k in range(one["steps"])])
    return np.concatenate([np.asarray(part, dtype=np.float64) for part in collected])
