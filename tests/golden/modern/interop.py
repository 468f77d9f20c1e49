"""Files between this crate and the reference implementations of the modern cells, both ways.

    python tests/golden/modern/interop.py fixtures --s4d s4d.py    # files/: state dicts of the references and what they predict
    cargo test --test modern_interop                               # writes ours to target/written-modern
    python tests/golden/modern/interop.py check --s4d s4d.py       # loads those, strictly, and says in written.json what they predict

The packages are those of packages.py; s4d.py is state-spaces/s4's models/s4/s4d.py. Predictions are computed in f64 from the
values in the files; `f32_dev` is how far the reference in f32 is from that.
"""

import argparse
import hashlib
import json
from pathlib import Path

import packages
import torch
from safetensors.torch import load_file, save
from torch import nn

HERE = Path(__file__).parent
FILES = HERE / "files"
WRITTEN = HERE.parent.parent.parent / "target" / "written-modern"


class Bare(nn.Module):
    """The reference's cell without its layer, with the linear map in front that a network of bare cells needs."""

    def __init__(self, width, hidden, heads):
        super().__init__()
        from xlstm.blocks.slstm.cell import sLSTMCell_vanilla, sLSTMCellConfig

        cell = sLSTMCell_vanilla(sLSTMCellConfig(hidden_size=hidden, num_heads=heads, backend="vanilla"))
        self.weight_ih = nn.Parameter(torch.randn(4 * hidden, width))
        self._recurrent_kernel_, self._bias_ = cell._recurrent_kernel_, cell._bias_
        self.cell = [cell]

    def forward(self, x):
        cell = self.cell[0]
        cell._recurrent_kernel_, cell._bias_ = self._recurrent_kernel_, self._bias_
        y, _ = cell(x @ self.weight_ih.T)
        return y.transpose(1, 2).flatten(2)


class MlstmStep(nn.Module):
    """The layer, one step at a time: its parallel form has another eps."""

    def __new__(cls, hidden, heads):
        from xlstm.blocks.mlstm.layer import mLSTMLayer, mLSTMLayerConfig

        class Stepping(mLSTMLayer):
            def forward(self, x):
                inner = self.config._inner_embedding_dim
                shapes = [(heads, inner // heads, inner // heads), (heads, inner // heads, 1), (heads, 1, 1)]
                memory = tuple(torch.zeros((len(x), *shape), dtype=x.dtype) for shape in shapes)
                window, rows = torch.zeros(len(x), 4, inner, dtype=x.dtype), []
                with torch.no_grad():
                    for t in range(x.shape[1]):
                        y, kept = self.step(x[:, t : t + 1], memory, (window,))
                        memory, window = kept["mlstm_state"], kept["conv_state"][0]
                        rows.append(y)
                return torch.cat(rows, 1)

        return Stepping(mLSTMLayerConfig(embedding_dim=hidden, num_heads=heads, context_length=64))


def module(cell, width, hidden, options):
    """A reference's module; all of them take (B,T,width)."""
    number = {name: int(value) for name, value in options.items() if str(value).isdigit()}
    if cell in ("mingru", "minlstm"):
        from minGRU_pytorch import minGRU
        from minGRU_pytorch.minLSTM import minLSTM

        return {"mingru": minGRU, "minlstm": minLSTM}[cell](width, expansion_factor=(hidden + 0.5) / width, proj_out=False)
    assert width == hidden or (cell, options.get("layer")) == ("slstm", "bare"), "these references keep the width"
    if cell == "s4d":
        return packages.S4D(hidden, d_state=number["state"], transposed=False)
    if cell == "mamba":
        from mambapy.mamba import MambaBlock, MambaConfig

        sizes = dict(d_state=number["state"], d_conv=number["conv"], expand_factor=number["expand"])
        return MambaBlock(MambaConfig(hidden, 1, pscan=False, **sizes))
    if cell == "slstm" and options["layer"] == "bare":
        return Bare(width, hidden, number["heads"])
    if cell == "slstm":
        from xlstm.blocks.slstm.layer import sLSTMLayer, sLSTMLayerConfig

        config = sLSTMLayerConfig(embedding_dim=hidden, num_heads=number["heads"], conv1d_kernel_size=4, backend="vanilla")
        return sLSTMLayer(config)
    return MlstmStep(hidden, number["heads"])


def put(owner, path, inner):
    *parents, leaf = path.split(".")
    for parent in parents:
        if not hasattr(owner, parent):
            setattr(owner, parent, nn.Module())
        owner = getattr(owner, parent)
    setattr(owner, leaf, inner)


class Network(nn.Module):
    """Layers one after another, of both directions where there are two; a table in front and a linear map behind where asked."""

    def __init__(self, cell, width, hidden, options, paths, reverse=(), embedding=None, head=None):
        super().__init__()
        self.rows, self.head_of, self.table = [], [], []
        if embedding:
            path, vocabulary = embedding
            self.table.append(nn.Embedding(vocabulary, width))
            put(self, path, self.table[0])
        for k, path in enumerate(paths):
            layer = [(path, False)] + ([(reverse[k], True)] if reverse else [])
            inner = [(module(cell, width, hidden, options), back) for _, back in layer]
            [put(self, path, one) for (path, _), (one, _) in zip(layer, inner)]
            self.rows.append(inner)
            width = len(layer) * hidden
        if head:
            path, outputs, bias = head
            self.head_of.append(nn.Linear(width, outputs, bias=bias))
            put(self, path, self.head_of[0])

    def forward(self, x):
        """(T,B,I), or (T,B) tokens."""
        x = (self.table[0](x) if self.table else x).transpose(0, 1)
        for layer in self.rows:
            outputs = [one(x.flip(1) if back else x) for one, back in layer]
            outputs = [y[0] if isinstance(y, tuple) else y for y in outputs]
            x = torch.cat([y.flip(1) if back else y for y, (_, back) in zip(outputs, layer)], -1)
        return (self.head_of[0](x) if self.head_of else x).transpose(0, 1)


def stir(network):
    """Parameters that the reference starts at 0 or 1 would hide an exchange."""
    with torch.no_grad():
        for p in network.parameters():
            p += 0.3 * torch.randn_like(p)


def predictions(make, tensors, given):
    results = {}
    for dtype in [torch.float64, torch.float32]:
        network = make()
        network.load_state_dict(tensors, strict=True)
        network = network.to(dtype)
        with packages.without_casts() if dtype == torch.float64 else torch.no_grad():
            results[dtype] = network(given if given.dtype == torch.int64 else given.to(dtype)).detach().double()
    exact = results[torch.float64]
    return exact.flatten().tolist(), float(f"{(results[torch.float32] - exact).abs().max():.1e}")


def cuda_layout(tensors, prefix, hidden, heads):
    """The sLSTM's recurrent weights as the package's CUDA cell stores them, by the package's own functions."""
    from xlstm.blocks.slstm.cell import sLSTMCell_cuda, sLSTMCell_vanilla, sLSTMCellConfig

    config = sLSTMCellConfig(hidden_size=hidden, num_heads=heads, backend="vanilla")
    here, there = sLSTMCell_vanilla(config), sLSTMCell_cuda(config, skip_backend_init=True)
    kernel, bias = tensors[prefix + "_recurrent_kernel_"], tensors[prefix + "_bias_"]
    kernel = there._recurrent_kernel_ext2int(here._recurrent_kernel_int2ext(kernel)).contiguous()
    bias = there._bias_ext2int(here._bias_int2ext(bias)).contiguous()
    shapes = {name: value.shape for name, value in there.state_dict().items()}
    assert kernel.shape == shapes["_recurrent_kernel_"] and bias.shape == shapes["_bias_"]
    return tensors | {prefix + "_recurrent_kernel_": kernel, prefix + "_bias_": bias}


def fixtures():
    FILES.mkdir(exist_ok=True)
    torch.manual_seed(5)
    x3, x4, x6 = (torch.randn(9, 2, width) for width in (3, 4, 6))
    tokens = torch.randint(0, 11, (9, 2))
    mamba = {"state": "3", "conv": "4", "expand": "2"}
    fc = ("fc", 2, True)
    layers = ["backbone.layers.0.mixer", "backbone.layers.1.mixer"]
    # name, given, choices, and what makes the network
    cases = [
        ("mingru", x3, {}, ("mingru", 3, 5, {}, ["rnn"], (), None, fc)),
        ("minlstm-layers", x3, {"options": {"form": "log"}}, ("minlstm", 3, 5, {}, ["layers.0", "layers.1"])),
        ("s4d", x4, {"options": {"discretisation": "zoh"}}, ("s4d", 4, 4, {"state": "6"}, ["s4d"], (), None, fc)),
        ("mamba", x4, {}, ("mamba", 4, 4, mamba, ["model.mamba"], (), None, ("model.head", 1, True))),
        ("mamba-model", tokens, {}, ("mamba", 4, 4, mamba, layers, (), ("backbone.embedding", 11), ("lm_head", 11, False))),
        ("slstm", x6, {"cell": "slstm"}, ("slstm", 6, 6, {"layer": "full", "heads": "2"}, ["blocks.1.xlstm"], (), None, fc)),
        ("slstm-cuda", x6, {}, ("slstm", 6, 6, {"layer": "full", "heads": "2"}, ["xlstm"], (), None, fc)),
        ("slstm-bare", x3, {}, ("slstm", 3, 4, {"layer": "bare", "heads": "2"}, ["slstm"])),
        ("mlstm", x4, {}, ("mlstm", 4, 4, {"layer": "full", "heads": "2"}, ["xlstm"], (), None, fc)),
    ]
    lines = []
    for name, given, choices, shape in cases:
        network = Network(*shape)
        stir(network)
        tensors = {key: value.detach().contiguous() for key, value in network.state_dict().items()}
        values, f32_dev = predictions(lambda shape=shape: Network(*shape), tensors, given)
        stored = cuda_layout(tensors, "xlstm.slstm_cell.", 6, 2) if name == "slstm-cuda" else tensors
        (FILES / f"{name}.safetensors").write_bytes(save(stored))
        whole = {"file": f"{name}.safetensors", "cell": shape[0], "choices": choices, "steps": 9, "batch": 2}
        whole |= {"tokens" if given.dtype == torch.int64 else "input": given.flatten().tolist()}
        lines.append(json.dumps(whole | {"prediction" if len(shape) > 5 else "output": values, "f32_dev": f32_dev}))
    write(FILES / "expected.json", lines)


def check():
    """Prefixes are those of tests/modern_interop.rs."""
    lines = []
    for path in sorted(WRITTEN.glob("*.json")):
        one, file = json.loads(path.read_text()), path.with_suffix(".safetensors")
        config, prefix = one["config"], one["prefix"]
        numbered = config["layers"] > 1 and "{}" not in prefix
        paths = [(f"{prefix}.{k}" if numbered else prefix.replace("{}", str(k))) for k in range(config["layers"])]
        reverse = [f"{prefix}_reverse.{k}" if numbered else f"{prefix}_reverse" for k in range(config["layers"])]
        shape = dict(cell=config["cell"], width=config["input"], hidden=config["hidden"], options=config["options"], paths=paths)
        shape |= dict(reverse=reverse) if config["bidirectional"] else {}
        shape |= dict(head=("fc", config["head"]["outputs"], True)) if config["head"] else {}
        tensors = load_file(file)
        given = torch.tensor(one["input"]).reshape(one["steps"], one["batch"], -1)
        values, f32_dev = predictions(lambda shape=shape: Network(**shape), tensors, given)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        lines.append(json.dumps(dict(name=one["name"], sha256=digest, loaded=sorted(tensors), f32_dev=f32_dev, answer=values)))
    write(HERE / "written.json", lines)


def write(path, lines):
    made_by = f'"made_by": "tests/golden/modern/interop.py", "torch": "{torch.__version__.split("+")[0]}"'
    path.write_text(f'{{{made_by}, "files": [\n' + ",\n".join(lines) + "\n]}\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["fixtures", "check"])
    parser.add_argument("--s4d", required=True)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    packages.S4D = packages.load(asked.s4d, {"src.models.nn": {"DropoutNd": nn.Dropout}, "src": {}, "src.models": {}})["S4D"]
    {"fixtures": fixtures, "check": check}[asked.what]()


if __name__ == "__main__":
    main()
