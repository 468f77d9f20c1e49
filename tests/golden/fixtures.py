"""Writes files/: state dicts made by torch, each with an input and what torch itself predicts for it.

    python tests/golden/fixtures.py

NAME.safetensors is the file that a reader gets; expected.json says how to read it and what must come out. The weights are
torch's own initial ones after manual_seed. Predictions are computed in f64 from the values in the file (so an f16 file is
judged by its f16 weights), `f32_dev` is how far torch in f32 is from that.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save
from torch import nn

FILES = Path(__file__).parent / "files"


class Forecaster(nn.Module):
    """The usual small model: recurrent layer, then a linear head on every step's output."""

    def __init__(self, recurrent, name, head, head_name):
        super().__init__()
        setattr(self, name, recurrent)
        setattr(self, head_name, head)
        self.names = (name, head_name)

    def forward(self, x):
        output, _ = getattr(self, self.names[0])(x)
        return getattr(self, self.names[1])(output)


class Classifier(nn.Module):
    """Embedding, bidirectional LSTM, linear head on the two final states."""

    def __init__(self, vocabulary, width, hidden, layers, outputs, **more):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.lstm = nn.LSTM(width, hidden, layers, bidirectional=True, **more)
        self.fc = nn.Linear(2 * hidden, outputs)

    def forward(self, tokens):
        _, (h, _) = self.lstm(self.embedding(tokens))
        return self.fc(torch.cat([h[-2], h[-1]], -1))


class Wrapped(nn.Module):
    """What DataParallel and a surrounding model do to names: module.encoder.lstm..."""

    def __init__(self, inner):
        super().__init__()
        self.module = nn.Module()
        self.module.encoder = inner

    def forward(self, x):
        return self.module.encoder(x)


def write(name, model, given, options, dtype=torch.float32, bare=False):
    """Saves `model` in `dtype`; the expectation is for the numbers as they are in the file."""
    stored = {key: value.detach().to(dtype).contiguous() for key, value in model.state_dict().items()}
    (FILES / f"{name}.safetensors").write_bytes(save(stored))
    tokens = given.dtype == torch.int64
    results = {}
    for precision in [torch.float64, torch.float32]:
        model = model.to(precision)
        model.load_state_dict({key: value.to(precision) for key, value in stored.items()})
        found = model(given if tokens else given.to(precision))
        results[precision] = (found[0] if bare else found).detach().double()
    exact = results[torch.float64]
    return {
        "file": f"{name}.safetensors",
        "options": options,
        "dtype": str(dtype).removeprefix("torch."),
        "shapes": {key: list(value.shape) for key, value in stored.items()},
        "steps": given.shape[0],
        "batch": given.shape[1],
        "tokens" if tokens else "input": given.flatten().tolist(),
        "output" if bare else "prediction": exact.flatten().tolist(),
        "f32_dev": float(f"{(results[torch.float32] - exact).abs().max():.1e}"),
    }


def main():
    FILES.mkdir(exist_ok=True)
    torch.manual_seed(2)
    torch.set_num_threads(1)
    x1, x3 = torch.randn(12, 2, 1), torch.randn(7, 2, 3)
    tokens = torch.randint(0, 13, (9, 3))
    expected = []

    def add(*given, **more):
        expected.append(write(*given, **more))

    forecaster = Forecaster(nn.LSTM(1, 64, 2), "lstm", nn.Linear(64, 1), "fc")
    add("lstm-fc", forecaster, x1, {})
    for dtype in [torch.float16, torch.bfloat16, torch.float64]:
        name = {torch.float16: "f16", torch.bfloat16: "bf16", torch.float64: "f64"}[dtype]
        add(f"lstm-fc-{name}", Forecaster(nn.LSTM(3, 6, 2), "lstm", nn.Linear(6, 2), "fc"), x3, {}, dtype=dtype)
    add("gru-fc", Forecaster(nn.GRU(3, 7), "gru", nn.Linear(7, 2), "fc"), x3, {})
    # A head on every step of a bidirectional network: the file cannot tell it from one on the final states.
    every_step = Forecaster(nn.GRU(3, 5, bidirectional=True), "rnn", nn.Linear(10, 1), "linear")
    add("gru-linear-out", every_step, x3, {"readout": "last"})
    add("rnn-tanh", Forecaster(nn.RNN(3, 5, 2), "rnn", nn.Linear(5, 1), "out"), x3, {"cell": "rnn"})
    relu = Forecaster(nn.RNN(3, 5, nonlinearity="relu"), "rnn", nn.Linear(5, 1), "out")
    add("rnn-relu", relu, x3, {"cell": "rnn", "nonlinearity": "relu"})
    add("lstm-no-bias", Forecaster(nn.LSTM(3, 5, bias=False), "lstm", nn.Linear(5, 1), "fc"), x3, {})
    # A single recurrent module saved by itself: no prefix, no head.
    add("bare-lstm", nn.LSTM(3, 5, 2, bidirectional=True), x3, {}, bare=True)
    add("bare-gru", nn.GRU(3, 5, 3), x3, {}, bare=True)
    states = {"readout": "final-states"}
    classifier = Classifier(13, 4, 6, 1, 2)
    add("classifier", classifier, tokens, states)
    add("classifier-2", Classifier(13, 4, 5, 2, 3), tokens, states)
    add("classifier-prefixed", Wrapped(classifier), tokens, states)
    add("lstm-fc-prefixed", Wrapped(Forecaster(nn.LSTM(3, 6, 2), "lstm", nn.Linear(6, 1), "fc")), x3, {})
    lines = ",\n".join(json.dumps(one) for one in expected)
    text = f'{{"made_by": "tests/golden/fixtures.py", "torch": "{torch.__version__.split("+")[0]}", "files": [\n{lines}\n]}}\n'
    (FILES / "expected.json").write_text(text)
    # A file that is sound but no network of ours: its tensors belong to a convolution.
    torch.manual_seed(3)
    convolution = {"conv.weight": torch.randn(4, 3, 3), "conv.bias": torch.randn(4)}
    (FILES / "not-recurrent.safetensors").write_bytes(save(convolution))


if __name__ == "__main__":
    main()
