"""Makes the golden values of the modern cells: index.json and FAMILY.safetensors, next to this file.

    python tests/golden/modern/generate.py             # writes all; with names of families: only those
    python tests/golden/modern/generate.py --check     # makes them again in memory and says whether anything differs
    python tests/golden/modern/packages.py             # holds steps.py against the reference packages

Needs torch, numpy and safetensors from PyPI; made with torch 2.15.0, numpy 2.4.6, safetensors 0.8.0. Nothing here depends on
the Rust code. What is run is steps.py, in f64 and again in f32; packages.py compares it with the reference implementations.

index.json: families -> {layouts, cases}. A case has family, options (sizes among them, as strings), input, hidden, layers,
bidirectional, steps, batch, lengths or null, and two layouts (numbers into layouts), each a list of names:
  given     parameter.NAME (in-net names: {reference name}_l{layer}[_reverse]), input (T,B,I), initial.LANE (L·D,B,rows) if there
            are initial states (0 otherwise), upstream (T,B,D·H), upstream_last.LANE (L·D,B,rows) if final states have a gradient.
            The loss is sum(output * upstream) + sum over lanes of sum(final state * upstream_last).
  expected  output (T,B,D·H), last.LANE (L·D,B,rows), lane.LAYER.DIRECTION.LANE (T,B,rows; 0 past a sequence's end), and, unless
            the case overflows, d.parameter.NAME, d.input, d.initial.LANE (also where the initial state is 0)
FAMILY.safetensors: for the k-th case of a family two tensors,
  given.k     f32: for each name its count and then its values, which f32 and f64 runs both start from
  expected.k  f64: for each name a record of ../stored.py, with all values up to `entries[0]` of them, else `entries[1]` samples:
              [count, largest |value|, f32_dev, number of NaN, projection, values...]
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import steps  # noqa: E402
from stored import record  # noqa: E402

ENTRIES = (48, 16)
CORNER = 1e-4  # a max() nearer to its corner may go another way in f32: such a case is drawn again

# (layers, bidirectional, steps, batch, lengths, input, hidden, more)
SHAPES = [
    (1, False, 1, 1, None, 4, 4, {}),
    (1, False, 2, 3, [2, 1, 2], 3, 4, {"initial": True}),
    (1, True, 7, 3, [7, 2, 5], 3, 5, {"initial": True, "final_gradient": True}),
    (2, False, 7, 1, None, 4, 4, {"initial": True}),
    (2, True, 7, 3, [4, 7, 1], 5, 3, {"initial": True, "final_gradient": True}),
    (1, False, 40, 3, [40, 17, 33], 3, 8, {}),
    (2, True, 40, 1, None, 4, 4, {"initial": True}),
    (2, True, 1, 3, None, 5, 5, {"initial": True}),
    (2, False, 2, 3, [1, 2, 2], 2, 5, {}),
    (1, True, 7, 3, [7, 7, 3], 3, 5, {"initial": True, "scale": 50.0}),
    (2, False, 7, 1, None, 8, 8, {"initial": True, "scale": 0.0}),
]


def cases(family):
    if family in ("mingru", "minlstm"):
        return [case(family, {"form": form}, shape) for form in ("log", "plain") for shape in SHAPES]
    return list({"s4d": s4d, "mamba": mamba, "slstm": slstm, "mlstm": mlstm}[family]())


def s4d():
    number = 0
    for init in ("lin", "inv", "real"):
        for discretisation in ("zoh", "bilinear"):
            for layer in ("bare", "full"):
                every = init == "lin" and discretisation == "zoh"
                for shape in SHAPES if every else [SHAPES[(5 * number + 3 * k) % len(SHAPES)] for k in range(4)]:
                    options = dict(init=init, discretisation=discretisation, layer=layer, state="8")
                    yield case("s4d", options, shape)
                number += 1
    for state in ("2", "16"):
        yield case("s4d", dict(init="lin", discretisation="zoh", layer="full", state=state), SHAPES[2])


def mamba():
    for shape in SHAPES:
        yield case("mamba", dict(state="4", conv="4", expand="2"), shape)
    for sizes in (("1", "4", "2"), ("3", "1", "1"), ("3", "2", "3")):
        yield case("mamba", dict(zip(("state", "conv", "expand"), sizes)), SHAPES[2])
    # From 17 units on, Δ has rank 2.
    yield case("mamba", dict(state="2", conv="3", expand="1"), (1, False, 7, 2, [7, 4], 3, 17, {"initial": True}))


def slstm():
    bare = [
        ("1", "on", SHAPES),
        ("2", "on", SHAPES[1:8:2] + SHAPES[9:10]),
        ("1", "off", SHAPES[:9] + SHAPES[10:]),
        ("2", "off", SHAPES[2:7:2]),
    ]
    for heads, stabiliser, shapes in bare:
        for shape in shapes:
            yield case("slstm", dict(stabiliser=stabiliser, layer="bare", heads=heads, conv="4"), shape)
    full = [("1", "on", "4", SHAPES[:3] + SHAPES[5:6] + SHAPES[9:]), ("2", "on", "4", SHAPES[2:8]), ("4", "on", "2", SHAPES[5:6])]
    for heads, stabiliser, conv, shapes in full + [("2", "off", "4", SHAPES[1:5])]:
        for shape in shapes:
            yield case("slstm", dict(stabiliser=stabiliser, layer="full", heads=heads, conv=conv), shape)
    # One step's gates are beyond e^710: inf and NaN without the stabiliser, in f32 and f64 alike, plain numbers with it.
    for stabiliser in ("off", "on"):
        overflows = {"spike": 3, "gradients": stabiliser == "on"}
        yield case("slstm", dict(stabiliser=stabiliser, layer="bare", heads="2", conv="4"), (1, False, 7, 2, None, 3, 4, overflows))


def mlstm():
    for heads, shapes in [("1", SHAPES), ("2", SHAPES[1:6] + SHAPES[9:10]), ("4", SHAPES[5:7])]:
        for shape in shapes:
            yield case("mlstm", dict(layer="bare", heads=heads), shape)
    # Inside the layer are 64 channels, whatever the size: few and short cases.
    for heads, shapes in [
        ("4", SHAPES[:3] + SHAPES[4:6] + SHAPES[9:]),
        ("2", SHAPES[8:9]),
        ("1", [(1, False, 7, 1, None, 4, 4, {})]),
    ]:
        for shape in shapes:
            yield case("mlstm", dict(layer="full", heads=heads), shape)


def case(family, options, shape):
    layers, bidirectional, count, batch, lengths, width, hidden, more = shape
    heads = int(options.get("heads", 1))
    hidden = math.ceil(hidden / heads) * heads
    if options.get("layer") == "full" and family == "slstm" and hidden == heads:
        hidden *= 2
    return dict(
        family=family, options=options, input=width, hidden=hidden, layers=layers, bidirectional=bidirectional,
        steps=count, batch=batch, lengths=lengths, **more,
    )  # fmt: skip


def uniform(rng, shape, low, high):
    return rng.uniform(low, high, shape)


def draw_parameter(rng, name, shape, options):
    """Values around those of the reference's initialisation, none of them at a special value such as 0 or 1."""
    last = name.split(".", 1)[-1] if name.startswith(("slstm_cell", "mlstm_cell", "kernel")) else name
    if name == "A_log":
        return np.log(np.arange(1, shape[1] + 1)) + uniform(rng, shape, -0.3, 0.3)
    if name == "D":
        return uniform(rng, shape, 0.5, 1.5)
    if name == "dt_proj.bias":
        delta = np.exp(uniform(rng, shape, math.log(0.01), 0.0))
        return delta + np.log(-np.expm1(-delta))
    if last == "log_dt":
        return uniform(rng, shape, math.log(1e-3), math.log(0.3))
    if last in ("log_A_real", "A_imag"):
        modes, n = 2 * shape[1], np.arange(shape[1])
        real = n + 1.0 if options["init"] == "real" else np.full(shape[1], 0.5)
        imag = {"lin": math.pi * n, "inv": modes / math.pi * (modes / (2 * n + 1) - 1), "real": 0.0 * n}[options["init"]]
        if last == "log_A_real":
            return np.log(real) + uniform(rng, shape, -0.2, 0.2)
        return imag * uniform(rng, shape, 0.95, 1.05)
    if last == "fgate.bias":
        return uniform(rng, shape, 0.0, 3.0)
    if last in ("group_norm.weight", "outnorm.weight"):
        return uniform(rng, shape, -0.4, 0.4)
    if name == "learnable_skip":
        return uniform(rng, shape, 0.6, 1.4)
    if len(shape) == 1:
        return uniform(rng, shape, -1.0, 1.0)
    fan_in = 1.0 if name == "kernel.C" else shape[1] if name == "output_linear.0.weight" else shape[-1]
    return uniform(rng, shape, -1.2, 1.2) / math.sqrt(fan_in)


def draw_initial(rng, one, lane, shape):
    """States that the cell could be in: what it divides by, or takes the logarithm of, is positive."""
    if one["family"] == "slstm" and lane == "n":
        return uniform(rng, shape, 0.5, 1.5)
    if one["options"].get("form") == "log":
        return uniform(rng, shape, 0.1, 0.9)
    return uniform(rng, shape, -0.8, 0.8)


def draw(one, seed):
    """Everything that a case is given, as f64 arrays of f32 values; and the carried lanes."""
    rng, family, options = np.random.default_rng(seed), steps.FAMILIES[one["family"]], one["options"]
    given, carried, places = {}, {}, 0
    for _, _, suffix, width in steps.layers_of(one):
        for name, shape in family.shapes(options, width, one["hidden"]):
            given["parameter." + name + suffix] = draw_parameter(rng, name, shape, options)
        carried, places = family.carried(options, width, one["hidden"]), places + 1
    directions = 2 if one["bidirectional"] else 1
    given["input"] = uniform(rng, (one["steps"], one["batch"], one["input"]), -1.0, 1.0) * one.get("scale", 1.0)
    if "spike" in one:
        given["input"][one["spike"], 0] *= 4000.0
    if one.get("initial"):
        for lane, rows in carried.items():
            given["initial." + lane] = draw_initial(rng, one, lane, (places, one["batch"], rows))
    given["upstream"] = uniform(rng, (one["steps"], one["batch"], directions * one["hidden"]), -1.0, 1.0)
    if one.get("final_gradient"):
        for lane, rows in carried.items():
            given["upstream_last." + lane] = uniform(rng, (places, one["batch"], rows), -1.0, 1.0)
    rounded = {name: np.asarray(value, np.float32).astype(np.float64) for name, value in given.items()}
    return rounded, {lane: (places, one["batch"], rows) for lane, rows in carried.items()}


def values(one, given, carried, dtype):
    """Every expected tensor, and the distance from the nearest corner."""
    tensors = {
        name: torch.tensor(value, dtype=dtype, requires_grad=not name.startswith("upstream")) for name, value in given.items()
    }
    parameters = {name.removeprefix("parameter."): value for name, value in tensors.items() if name.startswith("parameter.")}
    zero = {lane: torch.zeros(shape, dtype=dtype, requires_grad=True) for lane, shape in carried.items()}
    initial = {lane: tensors.get("initial." + lane, zero[lane]) for lane in carried}
    output, final, lanes, nearest = steps.run(one, parameters, tensors["input"], initial)
    found = {"output": output} | {"last." + lane: value for lane, value in final.items()}
    for (layer, direction), history in lanes:
        for lane in steps.lanes_of(one):
            found[f"lane.{layer}.{direction}.{lane}"] = torch.stack(history[lane])
    if one.get("gradients", True):
        loss = (output * tensors["upstream"]).sum()
        for lane, value in final.items():
            if "upstream_last." + lane in tensors:
                loss = loss + (value * tensors["upstream_last." + lane]).sum()
        leaves = {"d.parameter." + name: value for name, value in parameters.items()} | {"d.input": tensors["input"]}
        leaves |= {"d.initial." + lane: value for lane, value in initial.items()}
        # A state that nothing reads, such as sLSTM's m while n = 0, has gradient 0.
        gradients = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
        found |= {name: torch.zeros_like(leaf) if d is None else d for (name, leaf), d in zip(leaves.items(), gradients)}
    return {name: value.detach().numpy().astype(np.float64) for name, value in found.items()}, nearest


def fits(one, double, single, nearest):
    """Whether f32 has the same kind of values as f64: no max() about to tip, the same NaN and infinities."""
    if one.get("scale", 1.0) != 0.0 and nearest < CORNER:
        return False
    same = all(np.array_equal(np.isnan(double[name]), np.isnan(single[name])) for name in double)
    same = same and all(np.array_equal(np.isinf(double[name]), np.isinf(single[name])) for name in double)
    if one.get("gradients", True):
        return same and all(np.isfinite(value).all() for value in double.values())
    return same and not np.isfinite(double["lane.0.0.c"]).all()


def reference(one, seed):
    """(given, expected in f64, in f32) of the first seed that fits."""
    while True:
        given, carried = draw(one, seed)
        double, nearest = values(one, given, carried, torch.float64)
        single, _ = values(one, given, carried, torch.float32)
        if fits(one, double, single, nearest):
            return given, double, single
        seed += 1_000_000


def layout_of(layouts, names):
    if names not in layouts:
        layouts.append(names)
    return layouts.index(names)


def make(name):
    """The index entry of one family, and the tensors of its file."""
    layouts, index, tensors = [], [], {}
    for number, one in enumerate(cases(name)):
        given, double, single = reference(one, 1000 * (1 + list(steps.FAMILIES).index(name)) + number)
        tensors[f"given.{number}"] = np.concatenate([[v.size, *v.reshape(-1)] for v in given.values()]).astype(np.float32)
        tensors[f"expected.{number}"] = np.concatenate([record(double[k], single[k], *ENTRIES) for k in double])
        entry = {"given": layout_of(layouts, list(given)), "expected": layout_of(layouts, list(double)), "entries": list(ENTRIES)}
        index.append(one | entry)
    return {"layouts": layouts, "cases": index}, tensors


def text_of(index):
    def family(name, entry):
        layouts = ",\n".join(json.dumps(names) for names in entry["layouts"])
        return f'"{name}": {{"layouts": [\n{layouts}],\n"cases": [\n' + ",\n".join(json.dumps(one) for one in entry["cases"]) + "]}"

    head = f'{{"made_by": "tests/golden/modern/generate.py", "torch": "{index["torch"]}",\n"families": {{\n'
    return head + ",\n".join(family(name, entry) for name, entry in index["families"].items()) + "}}\n"


def check(made):
    old, worst = json.loads((HERE / "index.json").read_text())["families"], {}
    for name, (entry, tensors) in made.items():
        kept = load_file(HERE / f"{name}.safetensors")
        same = json.loads(json.dumps(entry)) == old[name] and set(kept) == set(tensors)
        same = same and all(np.allclose(kept[k], tensors[k], 1e-9, 1e-9, equal_nan=True) for k in kept)
        worst[name] = "the same to 1e-9" if same else "DIFFERENT"
        print(f"{name}: {worst[name]}")
    sys.exit("DIFFERENT" in worst.values())


def main():
    torch.set_num_threads(1)
    wanted = [name for name in sys.argv[1:] if not name.startswith("-")] or list(steps.FAMILIES)
    made = {name: make(name) for name in wanted}
    if "--check" in sys.argv:
        check(made)
    path = HERE / "index.json"
    index = json.loads(path.read_text()) if path.exists() else {"families": {}}
    index["torch"] = torch.__version__.split("+")[0]
    index["families"] |= {name: entry for name, (entry, _) in made.items()}
    index["families"] = {name: index["families"][name] for name in steps.FAMILIES if name in index["families"]}
    path.write_text(text_of(index))
    for name, (entry, tensors) in made.items():
        file = HERE / f"{name}.safetensors"
        file.write_bytes(save(tensors))
        print(f"{name}: {len(entry['cases'])} cases, {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
