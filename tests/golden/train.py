"""Makes the trainings that tests/train_golden.rs compares with: train.json and train.safetensors, next to this file.

    python tests/golden/train.py            # writes both
    python tests/golden/train.py --check    # makes them again and says whether anything differs

Needs torch, numpy and safetensors from PyPI. Nothing here depends on the Rust code.

A case is a network, the settings of a training and a task of random numbers. PyTorch trains it in f64 and in f32: its own
modules, losses, clipping, optimisers and schedulers. Stored are, of every update, loss, gradient norm and learning rate, and
the parameters after the last, all from f64; and for each of these how far f32 went from it.

Numbers are drawn (see stored.py)
    parameters      from one stream with state SEED: embedding N(0, 1) by Box and Muller, every tensor of a layer
                    U(-1/sqrt(H), 1/sqrt(H)), then the head's weight and bias with the width it reads
    example e       from a stream with state DATA + e: input (T,I), or token ids (T); length 1 + floor(u T) with `lengths`;
                    targets (T,O), or classes (T); T numbers u, of which "some" answers count where u < 0.6
    dropout masks   see `mask`
Examples follow each other in order; chunk k of a stream has examples k B, k B + 1, ...; a stream ends after `stream` chunks.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from stored import SplitMix64

HERE = Path(__file__).parent
SEED = 5
DATA = 1000
UPDATES = 24
MASK_SEED = 0x6D61736B73000001
SAMPLE_STRIDE = 0xD1B54A32D192ED03
CELLS = ["rnn", "lstm", "gru"]
NUMBERS = {"steps": 6, "inputs": 3, "outputs": 2, "answers": "every"}
CLASSES = {"steps": 6, "inputs": 3, "classes": 4, "answers": "every"}


def case(name, cell, training, task=NUMBERS, **network):
    base = {"batch": 3, "seed": SEED, "learningRate": 0.01, "clip": {"kind": "norm", "limit": 0.25}}
    return {"name": name, "network": {"cell": cell, "hidden": 5, **network}, "training": {**base, **training}, "task": task}


def cases():
    rules = {
        "sgd": {"optimizer": "sgd", "learningRate": 0.3},
        "sgd-momentum": {"optimizer": "sgd", "learningRate": 0.1, "options": {"momentum": 0.9}},
        "sgd-nesterov": {"optimizer": "sgd", "learningRate": 0.1, "options": {"momentum": 0.9, "nesterov": 1}},
        "sgd-decay": {"optimizer": "sgd", "learningRate": 0.1, "options": {"momentum": 0.5, "weightDecay": 0.1}},
        "rmsprop": {"optimizer": "rmsprop"},
        "rmsprop-momentum": {"optimizer": "rmsprop", "options": {"momentum": 0.8, "alpha": 0.9, "weightDecay": 0.05, "eps": 1e-6}},
        "adam": {"optimizer": "adam", "options": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}},
        "adam-options": {"optimizer": "adam", "options": {"beta1": 0.3, "beta2": 0.9, "eps": 1e-4, "weightDecay": 0.1}},
        "adamw": {"optimizer": "adamw", "options": {"weightDecay": 0.5}},
    }
    for cell in CELLS:
        for name, rule in rules.items():
            yield case(f"{cell} {name}", cell, rule)
        every = {"truncate": 4, "carry": True, "clip": {"kind": "norm", "limit": 0.1}}
        yield case(f"{cell} stream carried", cell, every, {**NUMBERS, "steps": 4, "stream": 9})
        yield case(f"{cell} truncated, every step", cell, {"truncate": 5}, {**NUMBERS, "steps": 12})
        yield case(f"{cell} truncated, last step", cell, {"truncate": 5}, {**CLASSES, "steps": 12, "answers": "last"})
        yield case(f"{cell} accumulated", cell, {"accumulate": 3}, {**CLASSES, "answers": "some"})
        yield case(f"{cell} truncated and accumulated", cell, {"truncate": 4, "accumulate": 2}, {**NUMBERS, "steps": 10})
        yield case(f"{cell} by value", cell, {"clip": {"kind": "value", "limit": 0.02}})
        yield case(f"{cell} not clipped", cell, {"clip": {"kind": "none"}}, {**CLASSES, "answers": "last"})
        yield case(f"{cell} masked", cell, {}, {**NUMBERS, "answers": "some", "lengths": True})
        yield case(f"{cell} stack", cell, {}, CLASSES, layers=3)
        yield case(f"{cell} dropout", cell, {"dropout": 0.3}, layers=3)
        both = {**CLASSES, "answers": "last", "lengths": True, "vocabulary": 7}
        yield case(f"{cell} both directions, tokens", cell, {}, both, layers=2, bidirectional=True, input=4)
    for kind in ["constant", "cosine", "warm-up", "warm-up-cosine"]:
        schedule = {"kind": kind, "warmUp": 7, "updates": 20, "floor": 0.1}
        yield case(f"lstm {kind}", "lstm", {"schedule": schedule})


def splitmix(x):
    return int(SplitMix64(x).next(1)[0])


def lowbias(x):
    x = (x ^ (x >> np.uint64(16))) * np.uint64(0x7FEB352D) & np.uint64(0xFFFFFFFF)
    x = (x ^ (x >> np.uint64(15))) * np.uint64(0x846CA68B) & np.uint64(0xFFFFFFFF)
    return x ^ (x >> np.uint64(16))


def mask(run, gap, shape, p):
    """The key is the top half of output `gap` of the generator of sample `run`; element k falls where
    lowbias32(key ^ lowbias32(k)) < p 2^32, and what stays is scaled by 1 / (1 - p)."""
    start = (splitmix((SEED ^ MASK_SEED)) + run * SAMPLE_STRIDE) & 0xFFFFFFFFFFFFFFFF
    key = int(SplitMix64(start).next(gap + 1)[gap]) >> 32
    k = np.arange(int(np.prod(shape)), dtype=np.uint64)
    dropped = lowbias(lowbias(k) ^ np.uint64(key)) < np.uint64(int(p * 2**32))
    return np.where(dropped, 0.0, 1.0 / (1.0 - p)).reshape(shape)


class Network(nn.Module):
    """The layers one by one, so that masks can stand between them."""

    def __init__(self, one, dtype):
        super().__init__()
        network, task = one["network"], one["task"]
        hidden, directions = network["hidden"], 2 if network.get("bidirectional") else 1
        kind = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[network["cell"]]
        width = network.get("input", task["inputs"])
        self.embedding = nn.Embedding(task["vocabulary"], width) if "vocabulary" in task else None
        widths = [width] + [directions * hidden] * (network.get("layers", 1) - 1)
        self.layers = nn.ModuleList(kind(w, hidden, bidirectional=directions == 2) for w in widths)
        self.head = nn.Linear(directions * hidden, task.get("outputs", task.get("classes")))
        self.final = directions == 2 and task["answers"] == "last"
        self.to(dtype)
        numbers = SplitMix64(SEED)
        with torch.no_grad():
            for name, p in self.named_parameters():
                if name.startswith("embedding"):
                    u = numbers.u(2 * p.numel()).reshape(-1, 2)
                    values = np.sqrt(-2 * np.log(1 - u[:, 0])) * np.cos(2 * math.pi * u[:, 1])
                    values = values.astype(np.float32).astype(np.float64).reshape(p.shape)
                else:
                    fan = directions * hidden if name.startswith("head") else hidden
                    values = numbers.values(tuple(p.shape), 1 / math.sqrt(fan))
                p.copy_(torch.tensor(values))

    def forward(self, batch, state, masks):
        x = self.embedding(batch["x"]) if self.embedding else batch["x"]
        after, ends = [], None
        for k, layer in enumerate(self.layers):
            if self.final:
                x = pack_padded_sequence(x, batch["lengths"], enforce_sorted=False)
            x, last = layer(x, state[k] if state else None)
            if self.final:
                x, _ = pad_packed_sequence(x, total_length=batch["x"].shape[0])
            after.append(last)
            if masks and k < len(masks):
                x = x * masks[k]
        if self.final:
            ends = after[-1][0] if isinstance(after[-1], tuple) else after[-1]
            x = torch.cat([ends[0], ends[1]], dim=1)
        return self.head(x), after


def example(e, task):
    numbers, steps = SplitMix64(DATA + e), task["steps"]
    if "vocabulary" in task:
        x = numbers.integers((steps,), task["vocabulary"])
    else:
        x = numbers.values((steps, task["inputs"]), 1.0)
    length = 1 + int(numbers.integers((1,), steps)[0]) if task.get("lengths") else steps
    if "classes" in task:
        target = numbers.integers((steps,), task["classes"])
    else:
        target = numbers.values((steps, task["outputs"]), 1.0)
    u = numbers.u(steps)
    t = np.arange(steps)
    counts = {"every": t < length, "last": t == length - 1, "some": (u < 0.6) & (t < length)}[task["answers"]]
    x[length:] = 0
    return x, length, target, counts


def batch_of(indices, task, dtype):
    x, lengths, target, counts = zip(*(example(e, task) for e in indices))
    stacked = lambda arrays: torch.tensor(np.stack(arrays, axis=1))
    cast = lambda a: a.to(dtype) if a.is_floating_point() else a
    return {"x": cast(stacked(x)), "lengths": torch.tensor(lengths), "target": cast(stacked(target)), "counts": stacked(counts)}


def cut(batch, start, steps):
    return {**batch, **{key: batch[key][start : start + steps] for key in ["x", "target", "counts"]}}


def chunks(one, dtype):
    """Every chunk in turn, and whether it begins with a zero state."""
    training, task = one["training"], one["task"]
    size, drawn = training["batch"], 0
    if training.get("carry"):
        while True:
            for k in range(task["stream"]):
                yield batch_of(range(k * size, (k + 1) * size), task, dtype), k == 0
    while True:
        whole = batch_of(range(drawn, drawn + size), task, dtype)
        drawn += size
        steps = training.get("truncate", task["steps"])
        for start in range(0, task["steps"], steps):
            yield cut(whole, start, steps), start == 0


def loss_sum(y, batch, final):
    """Sum over what counts, and over how many numbers."""
    target, counts = batch["target"], batch["counts"]
    if final:
        where = counts.int().argmax(0)
        target, picked = target[where, torch.arange(len(where))], y
    else:
        target, picked = target[counts], y[counts]
    if target.is_floating_point():
        return nn.functional.mse_loss(picked, target, reduction="sum"), picked.numel()
    return nn.functional.cross_entropy(picked, target, reduction="sum"), len(target)


def optimizer_of(training, parameters):
    name, options, rate = training.get("optimizer", "adam"), training.get("options", {}), training["learningRate"]
    decay = options.get("weightDecay")
    more = {} if decay is None else {"weight_decay": decay}
    if name == "sgd":
        return torch.optim.SGD(
            parameters, rate, momentum=options.get("momentum", 0), nesterov=bool(options.get("nesterov", 0)), **more
        )
    if name == "rmsprop":
        return torch.optim.RMSprop(parameters, rate, **{k: v for k, v in options.items() if k != "weightDecay"}, **more)
    betas = (options.get("beta1", 0.9), options.get("beta2", 0.999))
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[name]
    return kind(parameters, rate, betas=betas, eps=options.get("eps", 1e-8), **more)


def schedule_of(training, optimizer):
    from torch.optim import lr_scheduler as of

    s = training.get("schedule", {"kind": "constant"})
    lowest = s.get("floor", 0) * training["learningRate"]
    warm = lambda k: min(1.0, (k + 1) / s["warmUp"])
    if s["kind"] == "cosine":
        return of.CosineAnnealingLR(optimizer, s["updates"], lowest), s["updates"]
    if s["kind"] == "warm-up":
        return of.LambdaLR(optimizer, warm), None
    if s["kind"] == "warm-up-cosine":
        parts = [of.LambdaLR(optimizer, warm), of.CosineAnnealingLR(optimizer, s["updates"] - s["warmUp"], lowest)]
        return of.SequentialLR(optimizer, parts, [s["warmUp"]]), s["updates"]
    return of.LambdaLR(optimizer, lambda k: 1.0), None


def train(one, dtype):
    training = one["training"]
    model = Network(one, dtype)
    optimizer = optimizer_of(training, model.parameters())
    schedule, last = schedule_of(training, optimizer)
    source, state, run = chunks(one, dtype), None, 0
    losses, norms, rates = [], [], []
    for update in range(UPDATES):
        optimizer.zero_grad()
        taken, answered = [], 0
        while answered < training.get("accumulate", 1):
            taken.append(next(source))
            answered += int(taken[-1][0]["counts"].any())
        # The mean over all answers of the update.
        final = model.final
        numbers = one["task"].get("outputs", 1)
        total = sum(int(batch["counts"].sum()) for batch, _ in taken) * numbers
        loss = 0.0
        for batch, fresh in taken:
            gaps, width = len(model.layers) - 1, model.head.in_features
            shape = (*batch["x"].shape[:2], width)
            p = training.get("dropout", 0)
            masks = [torch.tensor(mask(run, gap, shape, p)).to(dtype) for gap in range(gaps)] if p else None
            y, after = model(batch, None if fresh else state, masks)
            run += 1
            detach = lambda s: tuple(h.detach() for h in s) if isinstance(s, tuple) else s.detach()
            state = [detach(s) for s in after]
            if batch["counts"].any():
                part, _ = loss_sum(y, batch, final)
                (part / total).backward()
                loss += part.item() / total
        clip = training["clip"]
        gradients = [p.grad for p in model.parameters()]
        norm = torch.nn.utils.get_total_norm(gradients).item()
        if clip["kind"] == "norm":
            assert norm == nn.utils.clip_grad_norm_(model.parameters(), clip["limit"]).item()
        if clip["kind"] == "value":
            nn.utils.clip_grad_value_(model.parameters(), clip["limit"])
        losses.append(loss)
        norms.append(norm)
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        # (A cosine of ours stays down; PyTorch's comes up again, so it is not asked any further.)
        if last is None or update + 1 <= last:
            schedule.step()
    parameters = np.concatenate([p.detach().numpy().astype(np.float64).reshape(-1) for p in model.parameters()])
    return {"losses": np.array(losses), "norms": np.array(norms), "rates": np.array(rates), "parameters": parameters}


def clippings():
    """What clip_grad_norm_ and clip_grad_value_ do with odd gradients. Numbers as text, since JSON has no NaN."""
    odd = {
        "zero": [[0.0, 0.0], [0.0]],
        "small": [[0.3, -0.4], [0.0]],
        "at the limit": [[0.6, -0.8], [0.0]],
        "large": [[3.0, -4.0], [12.0]],
        "one infinite": [[1.0, math.inf], [2.0]],
        "two infinite": [[1.0, math.inf], [-math.inf]],
        "one nan": [[1.0, math.nan], [2.0]],
        "infinite and nan": [[math.inf, math.nan], [2.0]],
        "overflows in f32": [[1e20, 1.0], [2.0]],
        "the sum overflows in f32": [[1.5e19, 1.0], [1.5e19]],
        "underflows in f32": [[1e-24, 1e-24], [1e-25]],
    }
    text = lambda numbers: [[repr(x) for x in row] for row in numbers]
    for name, values in odd.items():
        for precision, dtype in [("f64", torch.float64), ("f32", torch.float32)]:
            for kind in ["norm", "value"]:
                parameters = [nn.Parameter(torch.zeros(len(v), dtype=dtype)) for v in values]
                for p, v in zip(parameters, values):
                    p.grad = torch.tensor(v, dtype=dtype)
                norm = torch.nn.utils.get_total_norm([p.grad for p in parameters]).item()
                clip = {"norm": nn.utils.clip_grad_norm_, "value": nn.utils.clip_grad_value_}[kind]
                clip(parameters, 1.0)
                after = text([p.grad.double().tolist() for p in parameters])
                yield {
                    "name": name, "precision": precision, "kind": kind, "before": text(values), "norm": repr(norm), "after": after,
                }


def made():
    index, tensors = [], {}
    for one in cases():
        double, single = train(one, torch.float64), train(one, torch.float32)
        one["apart"] = {}
        for key, values in double.items():
            assert np.isfinite(values).all(), one["name"]
            tensors[f"{one['name']}/{key}"] = values
            # Two digits are all that a tolerance needs, and do not change with the CPU's instruction set.
            one["apart"][key] = float(f"{np.abs(values - single[key]).max():.1e}")
        assert double["losses"].std() > 0, one["name"]
        index.append(one)
    return {"updates": UPDATES, "cases": index, "clippings": list(clippings())}, tensors


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    index, tensors = made()
    if "--check" in sys.argv:
        stored = load_file(HERE / "train.safetensors")
        assert stored.keys() == tensors.keys()
        worst = max(np.abs(stored[k] - v).max() / np.abs(v).max() for k, v in tensors.items())
        assert json.loads((HERE / "train.json").read_text())["cases"][0].keys() == index["cases"][0].keys()
        print(f"largest relative difference: {worst:.1e}")
        sys.exit(worst > 1e-11)
    lines = [json.dumps(one) for one in index["cases"]]
    odd = [json.dumps(one) for one in index["clippings"]]
    listed = lambda rows: "[\n  " + ",\n  ".join(rows) + "\n ]"
    text = f'{{\n "updates": {UPDATES},\n "cases": {listed(lines)},\n "clippings": {listed(odd)}\n}}\n'
    (HERE / "train.json").write_text(text)
    (HERE / "train.safetensors").write_bytes(save(tensors))
    print(f"{len(lines)} trainings, {len(odd)} clippings")


if __name__ == "__main__":
    main()
