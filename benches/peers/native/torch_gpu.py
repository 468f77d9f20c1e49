"""PyTorch's training step on a GPU (cuDNN), for the sizes of benches/gpu.rs: run both on the same machine, one after the other.

    python3 torch_gpu.py            # on the GPU
    python3 torch_gpu.py cpu        # on the CPU: to try the script out
"""

import sys
import time

import torch

ROUNDS = 5
SIZES = [("lstm", 64, 1, 100, 32), ("gru", 64, 1, 100, 32), ("lstm", 256, 1, 168, 64), ("lstm", 256, 2, 168, 64)]
PRODUCTS = [256, 512, 1024, 2048]

device = torch.device("cpu" if "cpu" in sys.argv[1:] else "cuda")
if device.type == "cuda" and not torch.cuda.is_available():
    sys.exit("PyTorch finds no GPU here; expected one with CUDA (“cpu” tries the script out)")


def wait():
    if device.type == "cuda":
        torch.cuda.synchronize()


def seconds(run):
    """Of one run: repeated until a tenth of a second is full, then waited for; the median of some rounds."""
    times, count = [], 1
    run()
    while len(times) < ROUNDS:
        wait()
        start = time.perf_counter()
        for _ in range(count):
            run()
        wait()
        took = time.perf_counter() - start
        if took < 0.1:
            count *= 2
        else:
            times.append(took / count)
    return sorted(times)[ROUNDS // 2]


def training(cell, hidden, layers, steps, batch):
    """One update as benches/gpu.rs does it: mean square error of the last output, norm clipped at 1, Adam."""
    net = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell](1, hidden, layers).to(device)
    head = torch.nn.Linear(hidden, 1).to(device)
    parameters = [*net.parameters(), *head.parameters()]
    adam = torch.optim.Adam(parameters, lr=1e-3)
    x, y = torch.randn(steps, batch, 1, device=device), torch.randn(batch, 1, device=device)

    def update():
        adam.zero_grad(set_to_none=True)
        states, _ = net(x)
        torch.nn.functional.mse_loss(head(states[-1]), y).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        adam.step()

    return update


name = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
print(f"PyTorch {torch.__version__} on {name}, cuDNN {torch.backends.cudnn.version()}")
# f32 products as ours are: without the shorter mantissas of TF32.
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
for cell, hidden, layers, steps, batch in SIZES:
    size = f"{hidden}x{layers}" if layers > 1 else hidden
    took = seconds(training(cell, hidden, layers, steps, batch))
    print(f"train {cell} {size} T{steps} B{batch}: {took * 1e3:.2f} ms")
for n in PRODUCTS:
    a, b = torch.randn(n, n, device=device), torch.randn(n, n, device=device)
    took = seconds(lambda: a @ b)
    print(f"product {n}: {2 * n**3 / took / 1e9:.1f} GFLOP/s")
