"""PyTorch's training step, one thread. Started by src/torch.rs: a line asks, a line answers."""

import sys
import time

import numpy as np
import torch

torch.set_num_threads(1)
work = None


def prepare(cell, input, hidden, layers, steps, batch, rate, clip, count, folder):
    global work
    input, hidden, layers, steps, batch, count = map(int, (input, hidden, layers, steps, batch, count))

    def read(name, *shape):
        return torch.from_numpy(np.fromfile(f"{folder}/{name}", dtype="<f4").reshape(shape).copy())

    net = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell](input, hidden, layers)
    head = torch.nn.Linear(hidden, 1)
    with torch.no_grad():
        for name, p in net.named_parameters():
            p.copy_(read(name, *p.shape))
        for name, p in head.named_parameters():
            p.copy_(read(f"head.{name}", *p.shape))
    parameters = [*net.parameters(), *head.parameters()]
    batches = [(read(f"x{k}", steps, batch, input), read(f"y{k}", batch, 1)) for k in range(count)]
    work = dict(net=net, head=head, parameters=parameters, clip=float(clip), batches=batches, at=0)
    work["adam"] = torch.optim.Adam(parameters, lr=float(rate))
    return "ready"


def update():
    x, y = work["batches"][work["at"] % len(work["batches"])]
    work["at"] += 1
    work["adam"].zero_grad(set_to_none=True)
    states, _ = work["net"](x)
    loss = torch.nn.functional.mse_loss(work["head"](states[-1]), y)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(work["parameters"], work["clip"])
    work["adam"].step()
    return f"{loss.item()!r} {norm.item()!r}"


def timed(runs):
    start = time.perf_counter()
    for _ in range(int(runs)):
        update()
    return repr((time.perf_counter() - start) * 1e3)


print(torch.__version__, flush=True)
for line in sys.stdin:
    words = line.split()
    try:
        answer = {"prepare": prepare, "update": update, "time": timed}[words[0]](*words[1:])
    except Exception as error:
        answer = f"{type(error).__name__}: {error}".replace("\n", " ")
    print(answer, flush=True)
