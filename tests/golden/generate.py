"""Makes the golden values that the Rust tests compare against: index.json and values.safetensors, next to this file.

    python tests/golden/generate.py            # writes both
    python tests/golden/generate.py --check    # makes them again and says whether anything differs

Needs torch, numpy and safetensors from PyPI. Nothing here depends on the Rust code.

Every number is drawn (see stored.py) from one SplitMix64 stream per case, started with state `seed`, tensor after tensor:
    1. embedding.weight (V,E), scale 1                                   with an embedding
    2. parameters in state_dict order (weight_ih, weight_hh, bias_ih, bias_hh of l0, l0_reverse, l1, ...), scale 1.2/sqrt(H)
    3. head weight (O, D*H or final states), head bias (O), scale 1      with a head
    4. input (T,B,I), scale `input_scale`; or token ids (T,B) = floor(u*V)
    5. h0 (L*D,B,H), then c0 of an LSTM, scale 0.8                       if `initial`
    6. dOutput (T,B,D*H), or dPrediction, scale 1                        the loss is sum(output * dOutput)
    7. dh_n (L*D,B,H), then dc_n of an LSTM, scale 1: added to the loss  if `final_gradient`
       as sum(h_n * dh_n) + sum(c_n * dc_n)
    8. dropout masks (T,B,D*H) of layers 0..L-2: 0 if u < p else 1/(1-p) if `dropout`
`nan_at` = [t, b] then puts NaN into that example's input at that step; `infinite_at` likewise +inf.

The values are f64. Outputs, final states and gradients come from nn.RNN, nn.LSTM and nn.GRU where PyTorch has the cell;
lanes, and the other GRU conventions, from cells.py, which is compared with those modules here on every case they cover.
A case's tensor in values.safetensors is its records one after another, in the order of its layout.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save

import cells
import jacobians
from cells import KINDS, TORCH_KINDS
from stored import SplitMix64, record

HERE = Path(__file__).parent
SIZES = [(1, 5), (3, 7), (2, 3), (5, 9), (4, 4)]
AGREES = 1e-11  # relative difference of cells.py and PyTorch's own modules, both in f64


def grid():
    number = 0
    for kind in KINDS:
        for layers in [1, 2, 3]:
            for bidirectional in [False, True]:
                for bias in [True, False]:
                    for steps in [1, 9, 40, 500]:
                        for batch in [1, 4]:
                            width, hidden = SIZES[(number + number // 8) % len(SIZES)]
                            yield case("grid", kind, layers, bidirectional, bias, steps, batch, width, hidden)
                            number += 1


def special():
    for kind in KINDS:
        for hidden in [1, 2, 3, 4, 5, 8, 63, 64, 65]:
            yield case("sizes", kind, 1, False, True, 5, 3, 3, hidden)
        yield case("sizes", kind, 1, True, True, 3, 2, 65, 257)
        for layers in [1, 2]:
            for bidirectional in [False, True]:
                yield case("lengths", kind, layers, bidirectional, True, 9, 5, 2, 5, lengths=[9, 1, 4, 7, 9])
                yield case("final-gradient", kind, layers, bidirectional, True, 6, 3, 2, 5, final_gradient=True, lengths=[6, 2, 5])
                yield case("no-initial", kind, layers, bidirectional, True, 7, 2, 3, 5, initial=False)
                yield case("dropout", kind, layers + 1, bidirectional, True, 7, 2, 3, 5, dropout=0.4)
            yield case("saturated", kind, layers, True, True, 9, 2, 3, 5, input_scale=1e4)
            yield case("zero", kind, layers, True, False, 5, 2, 3, 5, input_scale=0.0, initial=False)
            yield case("nan", kind, layers, False, True, 9, 2, 3, 5, nan_at=[4, 1])
        yield case("nan", kind, 1, True, True, 9, 2, 3, 5, nan_at=[4, 1])
        yield case("infinite", kind, 1, True, True, 9, 2, 3, 5, infinite_at=[4, 1])
        for bidirectional in [False, True]:
            for vocabulary in [0, 11]:
                shape = dict(initial=False, outputs=2, vocabulary=vocabulary)
                yield case("readout", kind, 2, bidirectional, True, 9, 3, 4, 5, readout="last", **shape)
                yield case("readout", kind, 2, bidirectional, True, 9, 3, 4, 5, readout="final-states", **shape)
                shape["lengths"] = [5, 9, 2]
                yield case("readout", kind, 1, bidirectional, True, 9, 3, 4, 5, readout="final-states", **shape)


def case(group, kind, layers, bidirectional, bias, steps, batch, width, hidden, **more):
    return dict(
        group=group, kind=kind, layers=layers, bidirectional=bidirectional, bias=bias, steps=steps, batch=batch,
        width=width, hidden=hidden, **more,
    )  # fmt: skip


def draw(one, seed):
    """Every number of a case as f64 arrays, in the documented order."""
    stream, directions = SplitMix64(seed), 2 if one["bidirectional"] else 1
    steps, batch, hidden, wide = one["steps"], one["batch"], one["hidden"], directions * one["hidden"]
    drawn = {"parameters": {}}
    if one.get("vocabulary"):
        drawn["parameters"]["embedding.weight"] = stream.values((one["vocabulary"], one["width"]), 1.0)
    for name, shape in cells.parameter_shapes(one):
        drawn["parameters"][name] = stream.values(shape, 1.2 / math.sqrt(hidden))
    if one.get("outputs"):
        drawn["parameters"]["head.weight"] = stream.values((one["outputs"], wide), 1.0)
        drawn["parameters"]["head.bias"] = stream.values((one["outputs"],), 1.0)
    if one.get("vocabulary"):
        drawn["tokens"] = stream.integers((steps, batch), one["vocabulary"])
    else:
        drawn["input"] = stream.values((steps, batch, one["width"]), one.get("input_scale", 1.0))
        for name, value in [("nan_at", math.nan), ("infinite_at", math.inf)]:
            if name in one:
                drawn["input"][tuple(one[name])] = value
    states = (one["layers"] * directions, batch, hidden)
    for name in ["h0", "c0"] if one["kind"] == "lstm" else ["h0"]:
        drawn[name] = stream.values(states, 0.8) if one.get("initial", True) else np.zeros(states)
    if one.get("outputs"):
        shape = (steps, batch, one["outputs"]) if one["readout"] == "last" else (batch, one["outputs"])
        drawn["upstream"] = stream.values(shape, 1.0)
    else:
        drawn["upstream"] = stream.values((steps, batch, wide), 1.0)
    if one.get("final_gradient"):
        drawn["finals"] = [stream.values(states, 1.0) for _ in range(2 if one["kind"] == "lstm" else 1)]
    if "dropout" in one:
        count = one["layers"] - 1
        drawn["masks"] = [stream.dropout_mask((steps, batch, wide), one["dropout"]) for _ in range(count)]
    return drawn


def leaves(drawn, dtype):
    """Fresh tensors of `dtype`, those with gradients as leaves."""

    def tensor(value, grad=True):
        return torch.tensor(value, dtype=dtype, requires_grad=grad)

    made = {"parameters": {name: tensor(value) for name, value in drawn["parameters"].items()}}
    made["upstream"] = tensor(drawn["upstream"], False)
    made["finals"] = [tensor(value, False) for value in drawn.get("finals", [])]
    made["masks"] = [tensor(mask, False) for mask in drawn["masks"]] if "masks" in drawn else None
    for name in ["input", "h0", "c0"]:
        made[name] = tensor(drawn[name]) if name in drawn else None
    made["tokens"] = torch.tensor(drawn["tokens"]) if "tokens" in drawn else None
    return made


def rows_into(made):
    """The stack's input: the given one, or the embeddings of the tokens."""
    if made["tokens"] is None:
        return made["input"]
    return torch.nn.functional.embedding(made["tokens"], made["parameters"]["embedding.weight"])


def read_out(one, made, output, h_n):
    """The prediction, or None without a head."""
    if not one.get("outputs"):
        return None
    rows = output
    if one["readout"] == "final-states":
        rows = torch.cat([h_n[-2], h_n[-1]], -1) if one["bidirectional"] else h_n[-1]
    return torch.nn.functional.linear(rows, made["parameters"]["head.weight"], made["parameters"]["head.bias"])


def gradients(made, prediction, output, finals, named):
    """d loss / d each named tensor; loss = sum(prediction or output * upstream), and the final states' part."""
    read = output if prediction is None else prediction
    loss = (read * made["upstream"]).sum()
    for final, upstream in zip(finals, made["finals"]):
        loss = loss + (final * upstream).sum()
    found = torch.autograd.grad(loss, [tensor for _, tensor in named], allow_unused=True)
    zero = [torch.zeros_like(tensor) for _, tensor in named]
    return {name: z if g is None else g for (name, _), g, z in zip(named, found, zero)}


def differentiable(made):
    named = [("d." + name, tensor) for name, tensor in made["parameters"].items()]
    return named + [("d." + name, made[name]) for name in ["input", "h0", "c0"] if made[name] is not None]


def by_loop(one, drawn, dtype):
    """All values from cells.py, and the smallest |a| that a ReLU saw."""
    made = leaves(drawn, dtype)
    x = rows_into(made)
    output, h_n, c_n, lanes = cells.run(one, made["parameters"], x, made["h0"], made["c0"], made["masks"])
    prediction = read_out(one, made, output, h_n)
    values = {"output": output, "h_n": h_n, "c_n": c_n, "prediction": prediction}
    named, nearest = differentiable(made), math.inf
    steps = range(one["steps"])
    lengths = torch.tensor(one.get("lengths") or [one["steps"]] * one["batch"])
    active = torch.stack([(t < lengths)[:, None] for t in steps])
    for layer, sides in enumerate(lanes):
        for direction, history in enumerate(sides):
            for name in cells.lanes_of(one["kind"]):
                whole = torch.stack(history[name])
                values[f"lane.{layer}.{direction}.{name}"] = torch.where(active, whole, torch.zeros_like(whole))
                # Per-step gradients of every lane are large: for long runs, h alone.
                if name == "h" or one["steps"] <= 9:
                    named += [((layer, direction, name, t), history[name][t]) for t in steps]
            if one["kind"] == "rnn-relu":
                nearest = min(nearest, torch.stack(history["a"])[active.expand(-1, -1, one["hidden"])].detach().abs().min())
    found = gradients(made, prediction, output, [h_n, c_n], named)
    for layer, sides in enumerate(lanes):
        for direction in range(len(sides)):
            for name in cells.lanes_of(one["kind"]):
                if (layer, direction, name, 0) in found:
                    rows = [found.pop((layer, direction, name, t)) for t in steps]
                    values[f"dlane.{layer}.{direction}.{name}"] = torch.stack(rows)
    values.update(found)
    return {name: value.detach().numpy() for name, value in values.items() if value is not None}, float(nearest)


def by_module(one, drawn, dtype):
    """Outputs, final states and gradients from PyTorch's modules: one, or a chain of them with the masks in between."""
    made = leaves(drawn, dtype)
    directions = 2 if one["bidirectional"] else 1
    count = one["layers"] if made["masks"] else 1
    rows, final = rows_into(made), []
    for at in range(count):
        layers = one["layers"] // count
        width = one["width"] if at == 0 else directions * one["hidden"]
        module = cells.module_of(one, layers, width).to(dtype)
        given = {}
        for name in dict(module.named_parameters()):
            given[name] = made["parameters"][name if count == 1 else name.replace("_l0", f"_l{at}")]
        here = slice(at * directions, at * directions + layers * directions)
        state = (made["h0"][here], made["c0"][here]) if one["kind"] == "lstm" else made["h0"][here]
        packed = rows
        if "lengths" in one:
            packed = torch.nn.utils.rnn.pack_padded_sequence(rows, one["lengths"], enforce_sorted=False)
        rows, last = torch.func.functional_call(module, given, (packed, state))
        if "lengths" in one:
            rows, _ = torch.nn.utils.rnn.pad_packed_sequence(rows, total_length=one["steps"])
        if made["masks"] and at + 1 < count:
            rows = rows * made["masks"][at]
        final.append(last if one["kind"] == "lstm" else (last,))
    h_n, *c_n = [torch.cat(parts) for parts in zip(*final)]
    prediction = read_out(one, made, rows, h_n)
    values = {"output": rows, "h_n": h_n, "c_n": c_n[0] if c_n else None, "prediction": prediction}
    values.update(gradients(made, prediction, rows, [h_n, *c_n], differentiable(made)))
    return {name: value.detach().numpy() for name, value in values.items() if value is not None}


def assert_agree(one, ours, theirs):
    for name, value in theirs.items():
        assert np.array_equal(np.isnan(value), np.isnan(ours[name])), (one, name, "NaN in different places")
        finite = np.isfinite(value)
        assert np.array_equal(value[~finite & ~np.isnan(value)], ours[name][~finite & ~np.isnan(value)]), (one, name)
        if finite.any():
            apart = np.abs(value[finite] - ours[name][finite]).max()
            assert apart <= AGREES * max(1.0, np.abs(value[finite]).max()), (one, name, apart)


def negate_update(one, drawn):
    """The z rows negated: turns "keep" into "replace" and back."""
    hidden, flipped = one["hidden"], dict(drawn, parameters=dict(drawn["parameters"]))
    for name, value in drawn["parameters"].items():
        if name.startswith(("weight_ih", "weight_hh", "bias_ih", "bias_hh")):
            flipped["parameters"][name] = value.copy()
            flipped["parameters"][name][hidden : 2 * hidden] *= -1
    return flipped


def assert_conventions(one, drawn, ours):
    """What is known about the GRU conventions that PyTorch lacks."""
    _, reset, update = one["kind"].split("-")
    if update == "replace":
        keep, _ = by_loop(dict(one, kind=f"gru-{reset}-keep"), negate_update(one, drawn), torch.float64)
        for name in ["output", "h_n", "d.h0"] + ["d.input"] * ("d.input" in ours):
            assert_agree(one, ours, {name: keep[name]})
    if reset == "before" and one["bias"] and not {"nan_at", "infinite_at"} & set(one):
        # Where r = 1 it does not matter when the reset comes.
        open_reset = dict(drawn, parameters=dict(drawn["parameters"]))
        for name in drawn["parameters"]:
            if name.startswith("bias_ih"):
                open_reset["parameters"][name] = drawn["parameters"][name].copy()
                open_reset["parameters"][name][: one["hidden"]] = 1e6
        before, _ = by_loop(one, open_reset, torch.float64)
        after, _ = by_loop(dict(one, kind=f"gru-after-{update}"), open_reset, torch.float64)
        assert_agree(one, before, {"output": after["output"], "d.h0": after["d.h0"]})


def reference(one, number):
    """(seed, values in f64, values in f32). Reseeds a ReLU that came so near to its corner that f32 may take the other side."""
    seed = 1000 + number
    while True:
        drawn = draw(one, seed)
        double, nearest = by_loop(one, drawn, torch.float64)
        single, _ = by_loop(one, drawn, torch.float32)
        if one["group"] in ("zero", "nan", "infinite"):
            break
        if nearest > 50 * max(np.abs(double[name] - single[name]).max() for name in double if name.startswith("lane")):
            break
        seed += 1_000_000
    if one["kind"] in TORCH_KINDS:
        theirs = by_module(one, drawn, torch.float64)
        assert_agree(one, double, theirs)
        double.update(theirs)
        single.update(by_module(one, drawn, torch.float32))
    elif one["steps"] < 500:
        assert_conventions(one, drawn, double)
    return seed, double, single


def main():
    torch.set_num_threads(1)
    layouts, index, stored = [], [], {}
    for number, one in enumerate([*grid(), *special()]):
        seed, double, single = reference(one, number)
        names = list(double)
        if names not in layouts:
            layouts.append(names)
        limits = (6, 4) if one["group"] in ("grid", "sizes") else (12, 6)
        if one["group"] in ("nan", "infinite"):
            limits = (100, 12)  # where the NaN are is the whole point
        stored[f"case.{number}"] = np.concatenate([record(double[name], single[name], *limits) for name in names])
        index.append(dict(one, seed=seed, layout=layouts.index(names), entries=list(limits)))
        if number % 100 == 0:
            print(f"case {number}", file=sys.stderr)
    jacobian_cases = jacobians.cases()
    for number, one in enumerate(jacobian_cases):
        one["seed"] = 9_000 + number
        stored[f"jacobian.{number}"] = jacobians.values(one, draw(one, one["seed"]))
    lines = [f'"made_by": "tests/golden/generate.py", "torch": "{torch.__version__.split("+")[0]}",', '"layouts": [']
    lines += [",\n".join(json.dumps(names) for names in layouts) + "],", '"cases": [']
    lines += [",\n".join(json.dumps(one) for one in index) + "],", '"jacobians": [']
    text = "{" + "\n".join(lines) + "\n" + ",\n".join(json.dumps(one) for one in jacobian_cases) + "]}\n"
    paths = [HERE / "index.json", HERE / "values.safetensors"]
    if "--check" in sys.argv:
        old = load_file(paths[1])
        same_bytes = paths[0].read_text() == text and all(np.array_equal(old[k], stored[k], equal_nan=True) for k in stored)
        near = set(old) == set(stored) and all(np.allclose(old[k], stored[k], 1e-9, 1e-9, equal_nan=True) for k in stored)
        print("byte for byte the same" if same_bytes else "the same to 1e-9" if near else "DIFFERENT")
        sys.exit(not near)
    paths[0].write_text(text)
    paths[1].write_bytes(save(stored))
    print(f"{len(index)} cases, {sum(map(len, stored.values()))} numbers, {sum(p.stat().st_size for p in paths)} bytes")


if __name__ == "__main__":
    main()
