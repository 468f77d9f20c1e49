"""The modern cells as plain autograd steps, so that every lane can be read and a run can start from any state.

Each class is one family. `step` takes one moment, x (B,I) and the carried state {lane: (B,rows)}, and returns every lane
by name, the new carried state among them, and "output" (B,H). packages.py holds them against the reference implementations.
Parameters have their reference names; weights are (out, in). Where the reference keeps its width, another width of the input
goes through `encoder` first. The formulas are those of the papers and packages named in each class.
"""

import math

import torch
from torch.nn.functional import logsigmoid

sigmoid = torch.sigmoid


def silu(x):
    return x * sigmoid(x)


def softplus(x):
    """log(1 + e^x) for every x; F.softplus returns x itself from 20 on, 2e-9 off."""
    return torch.logaddexp(x, torch.zeros_like(x))


def linear(x, weight, bias=None):
    y = x @ weight.T
    return y if bias is None else y + bias


def encode(p, x):
    """Elementwise cells need input width = hidden size: a Linear in front makes it so."""
    return linear(x, p["encoder.weight"], p["encoder.bias"]) if "encoder.weight" in p else x


def encoder_shapes(width, hidden):
    return [] if width == hidden else [("encoder.weight", (hidden, width)), ("encoder.bias", (hidden,))]


def convolve(p, name, window, x):
    """The causal depthwise convolution: window (B, channels·K) is shifted, its newest column last. Returns it and the result."""
    weight = p[name + ".weight"][:, 0, :]
    channels, kernel = weight.shape
    window = window.reshape(-1, channels, kernel)
    window = torch.cat([window[:, :, 1:], x[:, :, None]], -1)
    return window.reshape(-1, channels * kernel), (window * weight).sum(-1) + p[name + ".bias"]


def headwise(x, weight):
    """Each head has its own Linear: weight (heads, out, in), x (B, heads·in)."""
    heads, out, width = weight.shape
    return torch.einsum("bhi,hoi->bho", x.reshape(-1, heads, width), weight).reshape(-1, heads * out)


def head_norm(x, heads, weight):
    """LayerNorm of each head's part with scale 1 + weight, eps 1e-5 (a GroupNorm over heads)."""
    parts = x.reshape(x.shape[0], heads, -1)
    centred = parts - parts.mean(-1, keepdim=True)
    scaled = centred / torch.sqrt((centred * centred).mean(-1, keepdim=True) + 1e-5)
    return scaled.reshape(x.shape) * (1 + weight)


class MinGru:
    """minGRU (Feng et al. 2024); lucidrains' package for form "log", the paper for "plain". z = 1 replaces."""

    lanes = ["z", "h"]

    def shapes(self, options, width, hidden):
        return [("to_hidden_and_gate.weight", (2 * hidden, width))]

    def carried(self, options, width, hidden):
        return {"h": hidden}

    def step(self, p, options, x, state):
        candidate, gate = linear(x, p["to_hidden_and_gate.weight"]).chunk(2, -1)
        z = sigmoid(gate)
        h = (1 - z) * state["h"] + z * g(candidate, options)
        return {"z": z, "h": h, "output": h}


def g(x, options):
    return torch.where(x >= 0, x + 0.5, sigmoid(x)) if options["form"] == "log" else x


class MinLstm:
    """minLSTM with normalised gates. f' = f/(f+i) as a sigmoid of the difference of softplus: f + i may be 0 in f32."""

    lanes = ["f", "i", "h"]

    def shapes(self, options, width, hidden):
        return [("to_hidden_and_f_i_gate.weight", (3 * hidden, width))]

    def carried(self, options, width, hidden):
        return {"h": hidden}

    def step(self, p, options, x, state):
        candidate, forget, entry = linear(x, p["to_hidden_and_f_i_gate.weight"]).chunk(3, -1)
        apart = softplus(-entry) - softplus(-forget)
        f, i = sigmoid(apart), sigmoid(-apart)
        h = f * state["h"] + i * g(candidate, options)
        return {"f": f, "i": i, "h": h, "output": h}


class S4d:
    """S4D: s4d.py of state-spaces/s4 (ZOH, "full" with GELU, Linear, GLU); "bilinear" as its s4.py. y_t reads the new x_t.

    (e^{dt·A} - 1)/A is as the reference has it. In complex64 it cancels for small dt·|A| (1e-4 relative at dt = 1e-3), so the
    reference's own f32 deviation, and with it the tolerance, is larger than a cell needs that uses expm1. f64 is good to 1e-13.
    """

    lanes = ["x_re", "x_im"]

    def shapes(self, options, width, hidden):
        modes = int(options["state"]) // 2
        shapes = encoder_shapes(width, hidden) + [("D", (hidden,)), ("kernel.C", (hidden, modes, 2)), ("kernel.log_dt", (hidden,))]
        shapes += [("kernel.log_A_real", (hidden, modes)), ("kernel.A_imag", (hidden, modes))]
        if options["layer"] == "full":
            shapes += [("output_linear.0.weight", (2 * hidden, hidden, 1)), ("output_linear.0.bias", (2 * hidden,))]
        return shapes

    def carried(self, options, width, hidden):
        rows = hidden * int(options["state"]) // 2
        return {"x_re": rows, "x_im": rows}

    def discrete(self, p, options):
        dt = torch.exp(p["kernel.log_dt"])[:, None]
        a = torch.complex(-torch.exp(p["kernel.log_A_real"]), p["kernel.A_imag"])
        if options["discretisation"] == "zoh":
            return torch.exp(dt * a), (torch.exp(dt * a) - 1) / a
        return (1 + dt * a / 2) / (1 - dt * a / 2), dt / (1 - dt * a / 2)

    def read_out(self, p, options, y):
        if options["layer"] == "bare":
            return y
        y = y * 0.5 * (1 + torch.erf(y / math.sqrt(2)))
        value, gate = linear(y, p["output_linear.0.weight"][:, :, 0], p["output_linear.0.bias"]).chunk(2, -1)
        return value * sigmoid(gate)

    def step(self, p, options, x, state):
        u = encode(p, x)
        decay, entry = self.discrete(p, options)
        shape = (-1, *decay.shape)
        old = torch.complex(state["x_re"], state["x_im"]).reshape(shape)
        new = decay * old + entry * u[:, :, None]
        y = 2 * (torch.view_as_complex(p["kernel.C"].contiguous()) * new).real.sum(-1) + p["D"] * u
        return {"x_re": new.real.flatten(1), "x_im": new.imag.flatten(1), "output": self.read_out(p, options, y)}


class Mamba:
    """The Mamba block (mamba_simple.py of state-spaces/mamba): exact ZOH for A, Euler for B; no residual, no norm.

    The reference casts A_log, D and the scan to f32 even in a double run; here all is in the run's precision.
    """

    lanes = ["delta", "B", "C", "s"]

    def sizes(self, options, hidden):
        return int(options["expand"]) * hidden, int(options["state"]), int(options["conv"]), math.ceil(hidden / 16)

    def shapes(self, options, width, hidden):
        inner, states, kernel, rank = self.sizes(options, hidden)
        return [
            ("A_log", (inner, states)),
            ("D", (inner,)),
            ("in_proj.weight", (2 * inner, width)),
            ("conv1d.weight", (inner, 1, kernel)),
            ("conv1d.bias", (inner,)),
            ("x_proj.weight", (rank + 2 * states, inner)),
            ("dt_proj.weight", (inner, rank)),
            ("dt_proj.bias", (inner,)),
            ("out_proj.weight", (hidden, inner)),
        ]

    def carried(self, options, width, hidden):
        inner, states, kernel, _ = self.sizes(options, hidden)
        return {"window": inner * kernel, "s": inner * states}

    def step(self, p, options, x, state):
        entering, gate = linear(x, p["in_proj.weight"]).chunk(2, -1)
        window, u = convolve(p, "conv1d", state["window"], entering)
        u = silu(u)
        states, rank = p["A_log"].shape[1], p["dt_proj.weight"].shape[1]
        reduced, b, c = linear(u, p["x_proj.weight"]).split([rank, states, states], -1)
        delta = softplus(linear(reduced, p["dt_proj.weight"], p["dt_proj.bias"]))
        decay = torch.exp(delta[:, :, None] * -torch.exp(p["A_log"]))
        s = decay * state["s"].reshape(decay.shape) + delta[:, :, None] * b[:, None, :] * u[:, :, None]
        y = (s * c[:, None, :]).sum(-1) + p["D"] * u
        output = linear(y * silu(gate), p["out_proj.weight"])
        return {"delta": delta, "B": b, "C": c, "s": s.flatten(1), "window": window, "output": output}


class Slstm:
    """sLSTM (Beck et al. 2024): the vanilla cell of NX-AI/xlstm, "full" its sLSTMLayer; lanes are those of the cell, i and f
    as the stabiliser leaves them, z and o after tanh and sigmoid.

    "off" is the same without stabiliser: i = exp(i~), f = sigmoid(f~), no m. While all of n is 0 the reference sets m = i~
    (its vanilla cell asks the whole tensor, its CUDA cell each element; here each element: sequences may start at different steps).
    """

    def lanes_of(self, options):
        return ["i", "f", "z", "o", "c", "n"] + ["m"] * (options["stabiliser"] == "on") + ["h"]

    def shapes(self, options, width, hidden):
        heads = int(options["heads"])
        head = hidden // heads
        kernel, bias = (heads, 4 * head, head), (4 * hidden,)
        if options["layer"] == "bare":
            return [("weight_ih", (4 * hidden, width)), ("_recurrent_kernel_", kernel), ("_bias_", bias)]
        return encoder_shapes(width, hidden) + [
            ("conv1d.conv.weight", (hidden, 1, int(options["conv"]))),
            ("conv1d.conv.bias", (hidden,)),
            ("fgate.weight", (heads, head, head)),
            ("igate.weight", (heads, head, head)),
            ("zgate.weight", (heads, head, head)),
            ("ogate.weight", (heads, head, head)),
            ("slstm_cell._recurrent_kernel_", kernel),
            ("slstm_cell._bias_", bias),
            ("group_norm.weight", (hidden,)),
        ]

    def carried(self, options, width, hidden):
        window = {"window": hidden * int(options["conv"])} if options["layer"] == "full" else {}
        return {name: hidden for name in ["h", "c", "n"] + ["m"] * (options["stabiliser"] == "on")} | window

    def gates(self, p, options, x, state):
        """Pre-activations i~, f~, z~, o~ that come from the input, and the new window."""
        if options["layer"] == "bare":
            return linear(x, p["weight_ih"]).chunk(4, -1), {}
        x = encode(p, x)
        window, smooth = convolve(p, "conv1d.conv", state["window"], x)
        smooth = silu(smooth)
        # The package's layer feeds its igate's result to f and its fgate's to i. Files of weights are made that way.
        sources = [("fgate", smooth), ("igate", smooth), ("zgate", x), ("ogate", x)]
        return [headwise(rows, p[name + ".weight"]) for name, rows in sources], {"window": window}

    def step(self, p, options, x, state):
        prefix = "" if options["layer"] == "bare" else "slstm_cell."
        kernel, heads = p[prefix + "_recurrent_kernel_"], int(options["heads"])
        given, more = self.gates(p, options, x, state)
        h, c, n = state["h"], state["c"], state["n"]
        parts = torch.einsum("bhi,hgoi->gbho", h.reshape(h.shape[0], heads, -1), kernel.reshape(heads, 4, -1, kernel.shape[2]))
        biases = p[prefix + "_bias_"].chunk(4)
        i, f, z, o = [x + r.flatten(1) + b for x, r, b in zip(given, parts, biases)]
        z, o = torch.tanh(z), sigmoid(o)
        if options["stabiliser"] == "on":
            kept = logsigmoid(f) + state["m"]
            fresh = n == 0
            m = torch.where(fresh, i, torch.maximum(i, kept))
            gap = torch.where(fresh, torch.full_like(i, math.inf), (i - kept).abs())
            more = more | {"m": m, "kink": gap}
            # exp(min(.,0)) is min(exp(.),1), without the reference's inf·0 in the derivative where i~ is far below f~.
            i, f = torch.exp((i - m).clamp(max=0)), torch.exp((kept - m).clamp(max=0))
        else:
            i, f = torch.exp(i), sigmoid(f)
        c, n = f * c + i * z, f * n + i
        h = o * c / n
        output = h if options["layer"] == "bare" else head_norm(h, heads, p["group_norm.weight"])
        return {"i": i, "f": f, "z": z, "o": o, "c": c, "n": n, "h": h, "output": output} | more


class Mlstm:
    """mLSTM (Beck et al. 2024): "bare" its equations 19-27 with a sigmoid output gate, "full" the mLSTMLayer of NX-AI/xlstm.

    C is (heads, key, value). Lane k is the projection of the input; what is written is k/sqrt(DH).
    """

    lanes = ["q", "k", "v", "C", "n", "m"]
    EPS = 1e-6  # options may have another "eps"

    def inner(self, options, hidden):
        return hidden if options["layer"] == "bare" else math.ceil(2 * hidden / 64) * 64

    def shapes(self, options, width, hidden):
        heads, inner = int(options["heads"]), self.inner(options, hidden)
        if options["layer"] == "bare":
            gates = [
                (f"{name}gate.{part}", shape) for name in "if" for part, shape in [("weight", (heads, width)), ("bias", (heads,))]
            ]
            shapes = [(f"{name}_proj.weight", (hidden, width)) for name in "qkv"] + gates
            return shapes + [("ogate.weight", (hidden, width)), ("ogate.bias", (hidden,))]
        return [
            ("learnable_skip", (inner,)),
            ("proj_up.weight", (2 * inner, width)),
            ("q_proj.weight", (inner // 4, 4, 4)),
            ("k_proj.weight", (inner // 4, 4, 4)),
            ("v_proj.weight", (inner // 4, 4, 4)),
            ("conv1d.conv.weight", (inner, 1, 4)),
            ("conv1d.conv.bias", (inner,)),
            ("mlstm_cell.igate.weight", (heads, 3 * inner)),
            ("mlstm_cell.igate.bias", (heads,)),
            ("mlstm_cell.fgate.weight", (heads, 3 * inner)),
            ("mlstm_cell.fgate.bias", (heads,)),
            ("mlstm_cell.outnorm.weight", (inner,)),
            ("proj_down.weight", (hidden, inner)),
        ]

    def carried(self, options, width, hidden):
        heads, inner = int(options["heads"]), self.inner(options, hidden)
        window = {"window": inner * 4} if options["layer"] == "full" else {}
        return {"C": inner * inner // heads, "n": inner, "m": heads} | window

    def step(self, p, options, x, state):
        heads, full = int(options["heads"]), options["layer"] == "full"
        more = {}
        if full:
            entering, gate = linear(x, p["proj_up.weight"]).chunk(2, -1)
            more["window"], smooth = convolve(p, "conv1d.conv", state["window"], entering)
            smooth = silu(smooth)
            q, k = headwise(smooth, p["q_proj.weight"]), headwise(smooth, p["k_proj.weight"])
            v = headwise(entering, p["v_proj.weight"])
            rows, prefix = torch.cat([q, k, v], -1), "mlstm_cell."
        else:
            q, k, v = [linear(x, p[f"{name}_proj.weight"]) for name in "qkv"]
            rows, prefix = x, ""
        i = linear(rows, p[prefix + "igate.weight"], p[prefix + "igate.bias"])
        f = linear(rows, p[prefix + "fgate.weight"], p[prefix + "fgate.bias"])
        kept = logsigmoid(f) + state["m"]
        m = torch.maximum(kept, i)
        keep, write = torch.exp(kept - m)[:, :, None], torch.exp(i - m)[:, :, None]
        query, key, value = [lane.reshape(lane.shape[0], heads, -1) for lane in (q, k, v)]
        key = key / math.sqrt(key.shape[-1])
        memory = state["C"].reshape(*key.shape, -1)
        memory = keep[:, :, :, None] * memory + write[:, :, :, None] * key[:, :, :, None] * value[:, :, None, :]
        n = keep * state["n"].reshape(key.shape) + write * key
        read, floor = (query * n).sum(-1).abs(), torch.exp(-m)
        h = (query[:, :, :, None] * memory).sum(2) / (torch.maximum(read, floor) + float(options.get("eps", self.EPS)))[:, :, None]
        h = h.flatten(1)
        if full:
            h = head_norm(h, heads, p["mlstm_cell.outnorm.weight"]) + p["learnable_skip"] * smooth
            output = linear(h * silu(gate), p["proj_down.weight"])
        else:
            output = sigmoid(linear(x, p["ogate.weight"], p["ogate.bias"])) * h
        kink = torch.minimum((kept - i).abs(), (read - floor).abs() / torch.maximum(read, floor))
        lanes = {"q": q, "k": k, "v": v, "C": memory.flatten(1), "n": n.flatten(1), "m": m}
        return lanes | {"kink": kink, "output": output} | more


FAMILIES = {"mingru": MinGru(), "minlstm": MinLstm(), "s4d": S4d(), "mamba": Mamba(), "slstm": Slstm(), "mlstm": Mlstm()}


def lanes_of(case):
    family = FAMILIES[case["family"]]
    return family.lanes_of(case["options"]) if hasattr(family, "lanes_of") else family.lanes


def layers_of(case):
    """(layer, direction, suffix of the names, input width) of every layer and direction."""
    directions = 2 if case["bidirectional"] else 1
    for layer in range(case["layers"]):
        for direction in range(directions):
            width = case["input"] if layer == 0 else directions * case["hidden"]
            yield layer, direction, f"_l{layer}" + "_reverse" * direction, width


def part_of(parameters, suffix):
    """One layer and direction's parameters under their reference names."""
    return {name.removesuffix(suffix): value for name, value in parameters.items() if name.endswith(suffix)}


def run_one(case, p, width, x, state, reverse):
    """One layer and direction: x (T,B,I). Returns output (T,B,H), the final state and every lane as a list over time.

    Each sequence stops at its length: its state stays, its output and lanes are 0 from there on.
    """
    family, steps = FAMILIES[case["family"]], x.shape[0]
    lengths = torch.tensor(case["lengths"] or [steps] * x.shape[1])
    history = [None] * steps
    for t in reversed(range(steps)) if reverse else range(steps):
        new = family.step(p, case["options"], x[t], state)
        active = (t < lengths)[:, None]
        state = {name: torch.where(active, new[name], old) for name, old in state.items()}
        history[t] = {name: torch.where(active, lane, torch.zeros_like(lane)) for name, lane in new.items() if name != "kink"}
        if "kink" in new:
            history[t]["kink"] = new["kink"][active.expand_as(new["kink"])]
    lanes = {name: [now[name] for now in history] for name in history[0]}
    return torch.stack(lanes.pop("output")), state, lanes


def run(case, parameters, x, initial):
    """The stack. initial {lane: (L·D,B,rows)}. Returns output, the final state alike, lanes[layer][direction], and the distance
    from the nearest corner of a max()."""
    rows, finals, lanes, nearest = x, [], [], math.inf
    sides = []
    for at, (layer, direction, suffix, width) in enumerate(layers_of(case)):
        state = {name: value[at] for name, value in initial.items()}
        output, final, history = run_one(case, part_of(parameters, suffix), width, rows, state, direction == 1)
        kinks = torch.cat([k.detach().reshape(-1) for k in history.pop("kink", [])] or [torch.tensor([math.inf])])
        nearest = min(nearest, kinks.min().item() if kinks.numel() else math.inf)
        finals.append(final)
        lanes.append(((layer, direction), history))
        sides.append(output)
        if len(sides) == (2 if case["bidirectional"] else 1):
            rows, sides = torch.cat(sides, -1), []
    return rows, {name: torch.stack([final[name] for final in finals]) for name in initial}, lanes, nearest
