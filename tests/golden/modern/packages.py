"""Holds steps.py against the reference implementations, on every stored case's layers, sequence by sequence, in f64.

    python tests/golden/modern/packages.py [--s4d s4d.py] [--s4 s4.py] [--scan selective_scan_interface.py]

Compared: (a) the package's forward, from the case's initial state where the package takes one, its last state, and its
parameter and input gradients; (b) the parallel form of parallel.py; (c) as a negative control, all outputs again with one
parameter a thousandth off, which must differ. Prints the largest deviations, relative to max(1, largest value).

Made with minGRU-pytorch 0.2.1, mambapy 1.2.0, xlstm 2.0.6, mlstm-kernels 2.0.6 and their einops 0.8.2, packaging, omegaconf,
dacite, joblib, scipy. s4d.py and s4.py (state-spaces/s4, models/s4) and selective_scan_interface.py (state-spaces/mamba,
mamba_ssm/ops) are in no package that installs without a GPU: give the files of a clone to have them compared too.
"""

import argparse
import contextlib
import sys
import types
from pathlib import Path

import torch
from torch.func import functional_call

import generate
import parallel
import steps

LIMITS = {"package": 1e-11, "gradients": 1e-9, "parallel": 1e-10}
# The mLSTM's eps stands beside a stabilised denominator: the parallel form's maximum does not see m_0 = 0, so eps weighs otherwise.
MLSTM_PARALLEL = 1e-5


@contextlib.contextmanager
def without_casts():
    """mamba_simple.py and mambapy compute A and the scan in f32 whatever the run's precision; here they do not."""
    original = torch.Tensor.float
    torch.Tensor.float = lambda tensor: tensor
    try:
        yield
    finally:
        torch.Tensor.float = original


def batched(function):
    """From the module's (1,T,...) to ours (T,...)."""
    return lambda x, *more, **named: function(x[None], *more, **named)[0]


def min_gru(case, p, x, state):
    from minGRU_pytorch import minGRU

    return minimal(minGRU, case, p, x, state)


def min_lstm(case, p, x, state):
    from minGRU_pytorch.minLSTM import minLSTM

    return minimal(minLSTM, case, p, x, state)


def minimal(cls, case, p, x, state):
    if case["options"]["form"] != "log":
        return {}
    # Half a unit more, so that int(dim * factor) cannot round down to hidden - 1.
    module = cls(x.shape[1], expansion_factor=(case["hidden"] + 0.5) / x.shape[1], proj_out=False).double()
    found = {}
    if not state or cls.__name__ == "minGRU":
        before = {"prev_hidden": state["h"][None, None]} if state else {}
        found["forward"] = functional_call(module, p, (x[None],), before)[0]
    # The package's parallel minLSTM takes log_g instead of log of the initial state. Its one-step form is right.
    rows, h = [], state["h"][None, None] if state else None
    for row in x:
        h = functional_call(module, p, (row[None, None],), {"prev_hidden": h})
        rows.append(h[0, 0])
    return found | {"steps": torch.stack(rows)}


def s4d(case, p, x, state):
    if state:
        return {}
    options, found, u = case["options"], {}, steps.encode(p, x)
    if S4D and options["discretisation"] == "zoh" and options["layer"] == "full":
        module = S4D(case["hidden"], d_state=int(options["state"]), transposed=False).double()
        own = {name: value for name, value in p.items() if not name.startswith("encoder")}
        found["forward"] = functional_call(module, own, (u[None],))[0][0]
    if S4:
        more = dict(d_model=case["hidden"], d_state=int(options["state"]), n_ssm=case["hidden"], init="diag-lin", backend="naive")
        module = S4(disc=options["discretisation"], **more).double()
        # s4.py has -i·A_imag, another shape of dt, and a B that is 1 here.
        own = {"inv_dt": p["kernel.log_dt"].reshape(module.inv_dt.shape), "A_real": p["kernel.log_A_real"]}
        own |= {"A_imag": -p["kernel.A_imag"], "C": p["kernel.C"][None], "B": torch.ones_like(module.B) * torch.tensor([1.0, 0.0])}
        kernel = functional_call(module, own, (), {"L": len(x)})[0][0]
        past = torch.nn.functional.pad(u.T, (len(x) - 1, 0)).unfold(1, len(x), 1).flip(-1)
        y = torch.einsum("htl,hl->th", past, kernel) + p["D"] * u
        found["kernel of s4.py"] = steps.FAMILIES["s4d"].read_out(p, options, y)
    return found


def mamba(case, p, x, state):
    from mambapy.mamba import MambaBlock, MambaConfig

    sizes = {name: int(value) for name, value in case["options"].items()}
    config = MambaConfig(
        case["hidden"], 1, d_state=sizes["state"], expand_factor=sizes["expand"], d_conv=sizes["conv"], pscan=False
    )
    module = MambaBlock(config).double()
    module.in_proj = torch.nn.Linear(x.shape[1], 2 * config.d_inner, bias=False, dtype=torch.float64)
    with without_casts():
        found = {}
        if not state:
            found["forward"] = functional_call(module, p, (x[None],))[0]
            if SCAN:
                found["selective_scan_ref"] = mamba_by_scan(p, x)
        window = torch.zeros(1, config.d_inner, config.d_conv, dtype=x.dtype)
        window = state["window"].reshape(window.shape) if state else window
        s = state["s"].reshape(1, config.d_inner, -1) if state else None
        # Its step() convolves through the padded conv1d; the register is one column shorter than the reference's.
        if config.d_conv == 1:
            return found  # mambapy's register then grows
        cache, rows = (s, window[:, :, 1:]), []
        for row in x:
            y, cache = functional_call(Stepped(module), {"module." + name: value for name, value in p.items()}, (row[None], cache))
            rows.append(y[0])
        return found | {"step": torch.stack(rows), "last": {"s": cache[0]}}


class Stepped(torch.nn.Module):
    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, *given):
        return self.module.step(*given)


def mamba_by_scan(p, x):
    """The reference's own selective_scan_ref inside the block as steps.py has it."""
    entering, gate = steps.linear(x, p["in_proj.weight"]).chunk(2, -1)
    kernel = p["conv1d.weight"].shape[-1]
    padded = torch.nn.functional.pad(entering.T[None], (kernel - 1, 0))
    u = steps.silu(torch.nn.functional.conv1d(padded, p["conv1d.weight"], p["conv1d.bias"], groups=entering.shape[1]))
    states, rank = p["A_log"].shape[1], p["dt_proj.weight"].shape[1]
    reduced, b, c = (p["x_proj.weight"] @ u[0]).split([rank, states, states])
    delta, a = (p["dt_proj.weight"] @ reduced)[None], -torch.exp(p["A_log"])
    y = SCAN(u, delta, a, b[None], c[None], p["D"], z=gate.T[None], delta_bias=p["dt_proj.bias"], delta_softplus=True)
    return steps.linear(y[0].T, p["out_proj.weight"])


def slstm(case, p, x, state):
    from xlstm.blocks.slstm.cell import sLSTMCell_vanilla, sLSTMCellConfig
    from xlstm.blocks.slstm.layer import sLSTMLayer, sLSTMLayerConfig

    options, hidden = case["options"], case["hidden"]
    heads = int(options["heads"])
    # Without a stabiliser h is the same wherever e^x is in range; there is no package for it, and its states are scaled otherwise.
    if options["stabiliser"] == "off" and state:
        return {}
    packed = torch.stack([state[name] for name in "hcnm"])[:, None] if state else None
    if options["layer"] == "bare":
        module = sLSTMCell_vanilla(sLSTMCellConfig(hidden_size=hidden, num_heads=heads, backend="vanilla")).double()
        own = {name: p[name] for name in ["_recurrent_kernel_", "_bias_"]}
        y, last = functional_call(module, own, (steps.linear(x, p["weight_ih"])[None], packed))
        found = {"forward": y[0].transpose(0, 1).flatten(1)}
        return found | ({"last": dict(zip("hcnm", last))} if options["stabiliser"] == "on" else {})
    config = sLSTMLayerConfig(embedding_dim=hidden, num_heads=heads, conv1d_kernel_size=int(options["conv"]), backend="vanilla")
    module = sLSTMLayer(config).double()
    own = {name: value for name, value in p.items() if not name.startswith("encoder")}
    more = {"return_last_state": True}
    if state:
        window = state["window"].reshape(1, hidden, -1).transpose(1, 2)
        more |= {"conv_state": window[:, 1:], "slstm_state": packed}
    y, last = functional_call(module, own, (steps.encode(p, x)[None],), more)
    found = {"forward": y[0]}
    return found | ({"last": dict(zip("hcnm", last["slstm_state"]))} if options["stabiliser"] == "on" else {})


def mlstm(case, p, x, state):
    from mlstm_kernels.torch.recurrent.native_step import mlstm_recurrent_step__native_fw
    from xlstm.blocks.mlstm.backends import recurrent_step_stabilized_simple
    from xlstm.blocks.mlstm.layer import mLSTMLayer, mLSTMLayerConfig

    heads = int(case["options"]["heads"])
    inner = steps.FAMILIES["mlstm"].inner(case["options"], case["hidden"])
    shapes = {"C": (1, heads, inner // heads, inner // heads), "n": (1, heads, inner // heads, 1), "m": (1, heads, 1, 1)}
    start = {name: state[name].reshape(shape) if state else torch.zeros(shape, dtype=x.dtype) for name, shape in shapes.items()}
    if case["options"]["layer"] == "full":
        module = mLSTMLayer(mLSTMLayerConfig(embedding_dim=case["hidden"], num_heads=heads, context_length=len(x))).double()
        module.proj_up = torch.nn.Linear(x.shape[1], 2 * inner, bias=False, dtype=torch.float64)
        window = torch.zeros(1, inner, 4, dtype=x.dtype)
        window = state["window"].reshape(window.shape) if state else window
        window, memory, rows = window.transpose(1, 2).clone().detach(), tuple(start.values()), []
        own = {"module." + name: value for name, value in p.items()}
        with torch.no_grad():  # its conv step works in place
            for row in x:
                y, kept = functional_call(Stepped(module), own, (row[None, None], memory, (window,)))
                memory, window = kept["mlstm_state"], kept["conv_state"][0]
                rows.append(y[0, 0])
        found = {"step": torch.stack(rows), "last": dict(zip("Cnm", memory)) | {"window": window.transpose(1, 2)}}
        return found if state else found | {"parallel forward": functional_call(module, p, (x[None],))[0]}
    q, k, v = [steps.linear(x, p[name + "_proj.weight"]).reshape(len(x), 1, heads, 1, -1) for name in "qkv"]
    i, f = [steps.linear(x, p[name + "gate.weight"], p[name + "gate.bias"]).reshape(len(x), 1, heads, 1, 1) for name in "if"]
    o = torch.sigmoid(steps.linear(x, p["ogate.weight"], p["ogate.bias"]))
    memory, rows, scaled_rows = tuple(start.values()), [], []
    scale = (inner // heads) ** 0.5
    # mlstm_kernels scales the query instead of the key: the same h from states that are sqrt(DH) times as large.
    kernels = (scale * start["C"], scale * start["n"][..., 0], start["m"][..., 0])
    for t in range(len(x)):
        # It squeezes what it is given in place: copies.
        h, memory = recurrent_step_stabilized_simple(*memory, q[t].clone(), k[t].clone(), v[t].clone(), i[t], f[t])
        rows.append(h.flatten() * o[t])
        lanes = [lane[t][:, :, 0] for lane in (q, k, v)]
        h, kernels = mlstm_recurrent_step__native_fw(*kernels, *lanes, i[t][..., 0], f[t][..., 0], dtype_state=torch.float64)
        scaled_rows.append(h.flatten() * o[t])
    return {"step": torch.stack(rows), "mlstm_kernels step": torch.stack(scaled_rows), "last": dict(zip("Cnm", memory))}


# Each gives {what: outputs (T,H)}, and under "last" the final state of some lanes; `state` is empty where it is 0.
PACKAGES = {"mingru": min_gru, "minlstm": min_lstm, "s4d": s4d, "mamba": mamba, "slstm": slstm, "mlstm": mlstm}
S4D = S4 = SCAN = None


def load(path, stubs):
    """Runs a file of a clone whose own imports are replaced by `stubs` (module -> names)."""
    for name, members in stubs.items():
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__dict__.update(members)
    namespace = {"__name__": Path(path).stem}
    exec(compile(Path(path).read_text(), path, "exec"), namespace)
    return namespace


def apart(one, other):
    one, other = one.detach(), other.detach()
    return ((one - other).abs().max() / max(1.0, other.abs().max().item())).item()


def sequences(case, seed):
    """(p, x, state, reverse) of each layer, direction and example, with the input that the layers below give it."""
    given, carried = generate.draw(case, seed)
    tensors = {name: torch.tensor(value) for name, value in given.items()}
    rows, sides = tensors["input"], []
    parameters = {name.removeprefix("parameter."): value for name, value in tensors.items() if name.startswith("parameter.")}
    for at, (_, direction, suffix, width) in enumerate(steps.layers_of(case)):
        p = steps.part_of(parameters, suffix)
        start = {
            lane: tensors.get("initial." + lane, torch.zeros(shape, dtype=torch.float64))[at] for lane, shape in carried.items()
        }
        for b in range(case["batch"]):
            length = (case["lengths"] or [case["steps"]] * case["batch"])[b]
            x = rows[:length, b].flip(0) if direction else rows[:length, b]
            yield p, width, x, {lane: value[b] for lane, value in start.items()}
        output, _, _ = steps.run_one(case, p, width, rows, start, direction == 1)
        sides.append(output)
        if len(sides) == (2 if case["bidirectional"] else 1):
            rows, sides = torch.cat(sides, -1), []


def ours(case, p, width, x, state):
    """Our output (T,H) and final state {lane: (rows,)} of one sequence."""
    alone = dict(case, lengths=None)
    output, final, _ = steps.run_one(alone, p, width, x[:, None], {lane: value[None] for lane, value in state.items()}, False)
    return output[:, 0], {lane: value[0] for lane, value in final.items()}


def nudged(p):
    """One parameter a thousandth off: the first matrix, but of the mLSTM the values', since the scale of q and k may cancel."""
    matrices = [name for name, value in p.items() if value.dim() > 1 and name not in ("A_log", "encoder.weight")]
    name = "v_proj.weight" if "v_proj.weight" in matrices else matrices[0]
    return dict(p, **{name: p[name] * 1.001})


def gradients(function, p, x):
    leaves = [value.clone().requires_grad_() for value in [*p.values(), x]]
    result = function(dict(zip(p, leaves)), leaves[-1])
    if not result.requires_grad:
        return None
    weights = torch.cos(torch.arange(result.numel(), dtype=torch.float64)).reshape(result.shape)
    return torch.autograd.grad((result * weights).sum(), leaves)


class Tally:
    def __init__(self):
        self.rows = {}

    def add(self, family, what, value, limit):
        count, worst, _ = self.rows.get((family, what), (0, 0.0, limit))
        self.rows[family, what] = (count + 1, max(worst, value), limit)

    def show(self):
        fine = True
        for (family, what), (count, worst, limit) in self.rows.items():
            fine = fine and worst <= limit
            print(
                f"{family:8} {what:32} {count:4} sequences, at most {worst:.1e} (limit {limit:.0e}) {'' if worst <= limit else 'WRONG'}"
            )
        return fine


def compare(case, tally, unseen, p, width, x, state):
    family, zero = case["family"], not case.get("initial")
    result, final = ours(case, p, width, x, state)
    wrong, _ = ours(case, nudged(p), width, x, state)
    theirs_of = PACKAGES[family](case, p, x, {} if zero else state)
    for lane, value in theirs_of.pop("last", {}).items():
        tally.add(family, "last " + lane, apart(final[lane].flatten(), value.flatten()), LIMITS["package"])
    for what, theirs in theirs_of.items():
        limit = MLSTM_PARALLEL if what == "parallel forward" else LIMITS["package"]
        tally.add(family, what, apart(result, theirs), limit)
        # Not every nudge is seen: with the input 0 nothing is, and after one step sLSTM's h has no trace of i.
        unseen.append(case.get("scale", 1.0) == 1.0 and apart(wrong, theirs) <= max(limit, 1e-9))
        found = gradients(lambda q, y: PACKAGES[family](case, q, y, {} if zero else state)[what], p, x)
        # At exactly 0 the minimal cells' log_g has derivative 0 (that of relu), their g, which steps.py has, 1.
        if found and not (case.get("scale") == 0.0 and what == "forward" and "form" in case["options"]):
            expected = gradients(lambda q, y: ours(case, q, width, y, state)[0], p, x)
            worst = max(apart(a, b) for a, b in zip(found, expected))
            tally.add(family, what + ", gradients", worst, max(limit, LIMITS["gradients"]))
    for what, value in parallel.forms(case, p, x, state).items():
        exact, _ = ours(dict(case, options=dict(case["options"], eps="0")), p, width, x, state)
        tally.add(family, what, apart(exact, value), LIMITS["parallel"])
        unseen.append(case.get("scale", 1.0) == 1.0 and apart(wrong, value) <= 1e-9)


def main():
    global S4D, S4, SCAN
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--s4d")
    arguments.add_argument("--s4")
    arguments.add_argument("--scan")
    chosen = arguments.parse_args()
    if chosen.s4d:
        S4D = load(chosen.s4d, {"src": {}, "src.models": {}, "src.models.nn": {"DropoutNd": None}})["S4D"]
    if chosen.s4:
        stubs = {"pytorch_lightning": {}, "pytorch_lightning.utilities": {"rank_zero_only": lambda f: f}}
        S4 = load(chosen.s4, stubs)["SSMKernelDiag"]
    if chosen.scan:
        casts = {"custom_bwd": lambda f: f, "custom_fwd": lambda f: f}
        stubs = {"mamba_ssm": {}, "mamba_ssm.utils": {}, "mamba_ssm.utils.torch": casts, "selective_scan_cuda": {}}
        stubs |= {"mamba_ssm.ops": {}, "mamba_ssm.ops.triton": {}, "mamba_ssm.ops.triton.layer_norm": {"_layer_norm_fwd": None}}
        SCAN = load(chosen.scan, stubs)["selective_scan_ref"]
    torch.set_num_threads(1)
    tally, unseen = Tally(), []
    for at, family in enumerate(steps.FAMILIES):
        for number, case in enumerate(generate.cases(family)):
            if "spike" in case and case["options"]["stabiliser"] == "off":
                continue
            for sequence in sequences(case, 1000 * (1 + at) + number):
                compare(case, tally, unseen, *sequence)
    fine = tally.show()
    print(f"negative control: {len(unseen) - sum(unseen)} of {len(unseen)} comparisons notice a parameter that is a thousandth off")
    sys.exit(not fine or sum(unseen) > len(unseen) // 20)


if __name__ == "__main__":
    main()
