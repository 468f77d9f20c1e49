"""Loads files that this crate wrote with torch, strictly, and commits what torch says of them as written.json.

    cargo test --test safetensors_interop -- --ignored
    python tests/golden/check_written.py

The Rust test then holds the writer to exactly the bytes that torch loaded here (sha256), and our prediction to torch's.
"""

import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

HERE = Path(__file__).parent
WRITTEN = HERE.parent.parent / "target" / "written"
ORDER = ["forecaster", "gru", "classifier", "rnn-tanh", "rnn-relu", "lstm-no-bias"]


class Network(nn.Module):
    """The recurrent module under its prefix, with fc and embedding beside it where there are some."""

    def __init__(self, one):
        super().__init__()
        config = one["config"]
        kinds = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
        more = {"nonlinearity": one["kind"].split("-")[1]} if config["cell"] == "rnn" else {}
        recurrent = kinds[config["cell"]](
            config["input"], config["hidden"], config["layers"],
            bias=config["bias"], bidirectional=config["bidirectional"], **more,
        )  # fmt: skip
        width = config["hidden"] * (2 if config["bidirectional"] else 1)
        self.final_states = config["readout"] == "final-states"
        if config["embedding"]:
            self.embedding = nn.Embedding(config["embedding"]["vocabulary"], config["embedding"]["width"])
        if config["head"]:
            self.fc = nn.Linear(width, config["head"]["outputs"])
        *parents, leaf = one["prefix"].split(".")
        owner = self
        for parent in parents:
            setattr(owner, parent, nn.Module())
            owner = getattr(owner, parent)
        if leaf:
            setattr(owner, leaf, recurrent)
        else:
            # No prefix: the module itself is what is loaded.
            self.load_into = recurrent
        self.recurrent = [recurrent]

    def load(self, tensors):
        getattr(self, "load_into", self).load_state_dict(tensors, strict=True)

    def forward(self, x):
        x = self.embedding(x) if hasattr(self, "embedding") else x
        output, state = self.recurrent[0](x)
        if not hasattr(self, "fc"):
            return output
        h = state[0] if isinstance(state, tuple) else state
        return self.fc(torch.cat([h[-2], h[-1]], -1) if self.final_states else output)


def main():
    torch.set_num_threads(1)
    lines = []
    for name in ORDER:
        one = json.loads((WRITTEN / f"{name}.json").read_text())
        path = WRITTEN / f"{name}.safetensors"
        tensors = load_file(path)
        answers = {}
        for dtype in [torch.float64, torch.float32]:
            network = Network(one)
            network.load(tensors)
            network = network.to(dtype)
            network.recurrent[0].to(dtype)
            if one["tokens"]:
                given = torch.tensor(one["tokens"]).reshape(one["steps"], one["batch"])
            else:
                given = torch.tensor(one["input"], dtype=dtype).reshape(one["steps"], one["batch"], -1)
            answers[dtype] = network(given).detach().double()
        exact = answers[torch.float64]
        proof = {
            "name": name,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "loaded": sorted(tensors),
            "f32_dev": float(f"{(answers[torch.float32] - exact).abs().max():.1e}"),
            "answer": exact.flatten().tolist(),
        }
        lines.append(json.dumps(proof))
    version = torch.__version__.split("+")[0]
    text = f'{{"made_by": "tests/golden/check_written.py", "torch": "{version}", "files": [\n' + ",\n".join(lines) + "\n]}\n"
    (HERE / "written.json").write_text(text)


if __name__ == "__main__":
    main()
