"""The parallel forms of the cells that have one: the same outputs without stepping. packages.py compares them with steps.py."""

import math

import torch
from torch.nn.functional import conv1d, logsigmoid

import steps
from steps import linear, sigmoid, silu


def scan(decay, entry, start):
    """x_t = decay_t * x_{t-1} + entry_t along dimension 0 in log2(T) rounds (Hillis and Steele 1986)."""
    entry = torch.cat([(entry[0] + decay[0] * start)[None], entry[1:]])
    reach = 1
    while reach < len(decay):
        entry = torch.cat([entry[:reach], entry[reach:] + decay[reach:] * entry[:-reach]])
        decay = torch.cat([decay[:reach], decay[reach:] * decay[:-reach]])
        reach *= 2
    return entry


def forms(case, p, x, state):
    """{name: outputs (T,H)} for one sequence x (T,I) and its state {lane: (rows,)}."""
    return FORMS[case["family"]](case["options"], p, x, state)


def min_gru(options, p, x, state):
    candidate, gate = linear(x, p["to_hidden_and_gate.weight"]).chunk(2, -1)
    return {"scan": scan(1 - sigmoid(gate), sigmoid(gate) * steps.g(candidate, options), state["h"])}


def min_lstm(options, p, x, state):
    candidate, forget, entry = linear(x, p["to_hidden_and_f_i_gate.weight"]).chunk(3, -1)
    f, i = sigmoid(forget), sigmoid(entry)
    return {"scan": scan(f / (f + i), i / (f + i) * steps.g(candidate, options), state["h"])}


def s4d(options, p, x, state):
    u, family = steps.encode(p, x), steps.FAMILIES["s4d"]
    decay, entry = family.discrete(p, options)
    steps_in = torch.arange(len(x) + 1, dtype=x.dtype)[:, None, None]
    powers = torch.exp(torch.log(decay) * steps_in)
    read = 2 * torch.view_as_complex(p["kernel.C"].contiguous())
    kernel = (read * entry * powers[:-1]).sum(-1).real
    start = torch.complex(state["x_re"], state["x_im"]).reshape(decay.shape)
    length = 2 * len(x)
    convolved = torch.fft.irfft(torch.fft.rfft(kernel, length, 0) * torch.fft.rfft(u, length, 0), length, 0)[: len(x)]
    y = convolved + (read * powers[1:] * start).sum(-1).real + p["D"] * u
    return {"convolution": family.read_out(p, options, y)}


def mamba(options, p, x, state):
    entering, gate = linear(x, p["in_proj.weight"]).chunk(2, -1)
    inner, _, kernel = p["conv1d.weight"].shape
    before = state["window"].reshape(inner, kernel)[:, 1:]
    u = silu(conv1d(torch.cat([before, entering.T], 1)[None], p["conv1d.weight"], p["conv1d.bias"], groups=inner)[0].T)
    states, rank = p["A_log"].shape[1], p["dt_proj.weight"].shape[1]
    reduced, b, c = linear(u, p["x_proj.weight"]).split([rank, states, states], -1)
    delta = steps.softplus(linear(reduced, p["dt_proj.weight"], p["dt_proj.bias"]))
    decay = torch.exp(delta[:, :, None] * -torch.exp(p["A_log"]))
    s = scan(decay, (delta * u)[:, :, None] * b[:, None, :], state["s"].reshape(inner, states))
    y = torch.einsum("ten,tn->te", s, c) + p["D"] * u
    return {"scan": linear(y * silu(gate), p["out_proj.weight"])}


def mlstm(options, p, x, state):
    """From an empty memory and with eps = 0, where it equals the recurrent form exactly."""
    if options["layer"] == "full" or any(value.any() for value in state.values()):
        return {}
    heads = int(options["heads"])
    q, k, v = [linear(x, p[name + "_proj.weight"]).reshape(len(x), heads, -1).transpose(0, 1) for name in "qkv"]
    i, f = [linear(x, p[name + "gate.weight"], p[name + "gate.bias"]).T for name in "if"]
    total = logsigmoid(f).cumsum(-1)
    inside = torch.ones(len(x), len(x)).tril().bool()
    log_d = torch.where(inside, total[:, :, None] - total[:, None, :] + i[:, None, :], -math.inf)
    m = log_d.max(-1, keepdim=True).values
    weights = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) * torch.exp(log_d - m)
    h = weights @ v / torch.maximum(weights.sum(-1, keepdim=True).abs(), torch.exp(-m))
    return {"parallel": sigmoid(linear(x, p["ogate.weight"], p["ogate.bias"])) * h.transpose(0, 1).flatten(1)}


FORMS = {"mingru": min_gru, "minlstm": min_lstm, "s4d": s4d, "mamba": mamba, "slstm": lambda *given: {}, "mlstm": mlstm}
