"""Trains the networks of the shipped weights with PyTorch, as they were before the project trained by itself, and measures them
and the baselines. (`cargo xtask weights` makes those that are shipped; this script writes over them.)

    python -m pip install torch==2.15.0 safetensors==0.8.0 numpy
    python assets/weights/train.py               # everything: some twenty minutes on one core
    python assets/weights/train.py --only gru    # rnn, lstm, gru or sentences; the others keep their entries

Data come from the project itself (`cargo run --example dump_tasks`). Seeds are fixed, one thread computes and only
deterministic algorithms are allowed: the same PyTorch on the same kind of processor gives the same bytes; elsewhere the
last bits may differ, and with them what training makes of them. Every number in `index.json` is measured here.
"""

import argparse
import hashlib
import json
import pathlib
import subprocess
import tempfile

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
INDEX = HERE / "index.json"

HIDDEN = 32
BATCH = 64
CLIP = 1.0

# The forecasters: the same for all three cells.
FORECAST_SEEDS = [1, 2, 3]
FORECAST_EPOCHS = 30
FORECAST_RATE = 0.006
# The loss is taken at every step, so that the forecast can be shown at every step, but not before this one: with less
# to go by a network can only guess.
FORECAST_FROM = 12
STATION = "JFK"
# A cold front passes from 2013-11-23T07Z to 2013-11-24T11Z: 16 °C in 28 hours.
VIEW = {"station": STATION, "start": "2013-11-21T15:00Z", "steps": 72}

# The classifier of sentences.
SENTENCE_SEED = 1
SENTENCE_EPOCHS = 10
SENTENCE_RATE = 0.005
SENTENCE_HIDDEN = 24
EMBEDDING = 16
# A word is hidden this often in training, so that an unknown one is something the network has met.
UNKNOWN_SHARE = 0.02

FORECASTERS = {
    "rnn": (nn.RNN, "Vanilla RNN, next hour's temperature"),
    "lstm": (nn.LSTM, "LSTM, next hour's temperature"),
    "gru": (nn.GRU, "GRU, next hour's temperature"),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=[*FORECASTERS, "sentences"])
    only = parser.parse_args().only
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    with tempfile.TemporaryDirectory() as directory:
        command = ["cargo", "run", "--quiet", "--example", "dump_tasks", "--", directory]
        subprocess.run(command, cwd=ROOT, check=True)
        dump = pathlib.Path(directory)
        entries = {}
        if INDEX.exists():
            entries = {entry["name"]: entry for entry in json.loads(INDEX.read_text())}
        if only != "sentences":
            weather = load_weather(dump)
            for cell in FORECASTERS:
                if only in (None, cell):
                    entries[f"temperature-{cell}"] = train_forecaster(cell, weather)
        if only in (None, "sentences"):
            entries["sentences-bilstm"] = train_classifier(json.loads((dump / "sentences.json").read_text()))

    order = [f"temperature-{cell}" for cell in ("lstm", "gru", "rnn")] + ["sentences-bilstm"]
    listed = [entries[name] for name in order if name in entries]
    INDEX.write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n")


def save(name, model):
    """Writes the weights as torch names them, and gives file name and SHA-256."""
    path = HERE / f"{name}.safetensors"
    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, path, {"format": "pt"})
    path.chmod(0o644)
    data = path.read_bytes()
    assert len(data) <= 100_000, f"{path.name} has {len(data)} bytes, at most 100,000 are allowed"
    return path.name, hashlib.sha256(data).hexdigest()


def provenance(data, recipe, sha256, seed):
    return {
        "trainer": f"PyTorch {torch.__version__.split('+')[0]}, CPU, one thread, deterministic algorithms",
        "script": "assets/weights/train.py",
        "seed": seed,
        "data": data,
        "recipe": recipe,
        "sha256": sha256,
    }


def rounded(value):
    """Seven digits: what f32 holds."""
    return float(f"{value:.7g}")


# Temperature


class Weather:
    """Windows as columns: 73 × windows, the last row is the target."""

    def __init__(self, description, celsius, normalised):
        self.deviation = description["deviation"]
        self.mean = description["mean"]
        self.stations = description["stations"]
        self.window = description["window"]
        self.windows = description["windows"]
        self.celsius = celsius
        self.normalised = normalised

    def cut(self, series, part, station):
        starts = np.array(self.windows[part][station])
        return series[station][starts[None, :] + np.arange(self.window + 1)[:, None]]


def load_weather(dump):
    description = json.loads((dump / "temperature.json").read_text())
    shape = (len(description["stations"]), description["hours"])
    series = [np.fromfile(dump / name, "<f4").reshape(shape) for name in ("celsius.f32", "normalised.f32")]
    return Weather(description, *series)


def rmse(forecast, truth):
    return float(np.sqrt(np.mean((np.asarray(forecast, np.float64) - np.asarray(truth, np.float64)) ** 2)))


def ridge(weather, hours=24, strength=1e-2):
    """RMSE of ridge regression on the last hours, fitted to the same training windows."""
    stations = range(len(weather.stations))
    train = np.concatenate([weather.cut(weather.normalised, "train", k) for k in stations], axis=1).astype(np.float64)
    test = weather.cut(weather.normalised, "test", weather.stations.index(STATION)).astype(np.float64)

    def features(windows):
        return np.vstack([windows[-1 - hours : -1], np.ones(windows.shape[1])]).T

    a = features(train)
    solution = np.linalg.solve(a.T @ a + strength * np.eye(hours + 1), a.T @ train[-1])
    return rmse(features(test) @ solution, test[-1]) * weather.deviation


def train_forecaster(cell, weather):
    kind, title = FORECASTERS[cell]
    jfk = weather.stations.index(STATION)
    stations = range(len(weather.stations))
    train = np.concatenate([weather.cut(weather.normalised, "train", k) for k in stations], axis=1)
    train = torch.from_numpy(train).unsqueeze(-1)
    truth = {part: weather.cut(weather.celsius, part, jfk) for part in ("valid", "test")}
    inputs = {
        part: torch.from_numpy(weather.cut(weather.normalised, part, jfk)[:-1]).unsqueeze(-1) for part in ("valid", "test")
    }

    def measure(model, part):
        with torch.no_grad():
            output, _ = model[cell](inputs[part])
            forecast = model["fc"](output[-1])[:, 0].numpy().astype(np.float64)
        return rmse(forecast * weather.deviation + weather.mean, truth[part][-1])

    def fit(seed):
        torch.manual_seed(seed)
        model = nn.ModuleDict({cell: kind(1, HIDDEN), "fc": nn.Linear(HIDDEN, 1)})
        n = train.shape[1]
        batches = n // BATCH
        optimizer = torch.optim.Adam(model.parameters(), lr=FORECAST_RATE)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, FORECAST_RATE, total_steps=FORECAST_EPOCHS * batches, pct_start=0.1
        )
        shuffler = torch.Generator().manual_seed(seed)
        for epoch in range(FORECAST_EPOCHS):
            order = torch.randperm(n, generator=shuffler)
            for k in range(batches):
                batch = train[:, order[k * BATCH : (k + 1) * BATCH]]
                output, _ = model[cell](batch[:-1])
                forecast = model["fc"](output[FORECAST_FROM:])
                loss = nn.functional.mse_loss(forecast, batch[FORECAST_FROM + 1 :])
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), CLIP)
                optimizer.step()
                schedule.step()
            print(f"{cell} seed {seed} epoch {epoch + 1}: valid {measure(model, 'valid'):.4f} °C", flush=True)
        return model

    # Validation chooses among seeds, each trained to the end of its schedule. It does not choose an epoch: while the rate
    # is high the error jumps from epoch to epoch, and the luckiest epoch says little about other months.
    models = [fit(seed) for seed in FORECAST_SEEDS]
    valid = [measure(model, "valid") for model in models]
    chosen = min(range(len(models)), key=lambda k: valid[k])
    model = models[chosen]

    name = f"temperature-{cell}"
    file, sha256 = save(name, model)
    test = truth["test"]
    return {
        "name": name,
        "title": title,
        "file": file,
        "tasks": [{"task": "temperature", "outputs": [0], "labels": []}],
        "config": {
            "cell": cell, "input": 1, "hidden": HIDDEN, "layers": 1, "bidirectional": False, "bias": True,
            "head": {"outputs": 1}, "embedding": None, "readout": "last",
        },
        "normalisation": {"mean": weather.mean, "deviation": weather.deviation, "unit": "°C"},
        "vocabulary": None,
        "view": VIEW,
        "metrics": [{
            "task": "temperature", "part": "test", "station": STATION, "unit": "°C", "targets": test.shape[1],
            "rmse": rounded(measure(model, "test")),
            "validRmse": rounded(valid[chosen]),
            "rmseOfSeeds": [rounded(measure(each, "test")) for each in models],
            "persistenceRmse": rounded(rmse(test[-2], test[-1])),
            "sameHourYesterdayRmse": rounded(rmse(test[-25], test[-1])),
            "ridge24Rmse": rounded(ridge(weather)),
        }],
        "provenance": provenance(
            "assets/data/weather-nyc-2013-hourly.csv, training part (January to August 2013) of all three stations; "
            "chosen on JFK, September and October; measured on JFK, November and December",
            f"Adam, one-cycle rate up to {FORECAST_RATE}, {FORECAST_EPOCHS} epochs of batches of {BATCH}, gradient norm "
            f"clipped at {CLIP:g}; mean squared error at every step from {FORECAST_FROM} on; the seed out of "
            f"{FORECAST_SEEDS} that validation prefers",
            sha256,
            FORECAST_SEEDS[chosen],
        ),
    }


# Sentences


class Classifier(nn.Module):
    """Two directions read the sentence; the head sees the state each of them ends in."""

    def __init__(self, vocabulary, outputs):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, EMBEDDING)
        self.lstm = nn.LSTM(EMBEDDING, SENTENCE_HIDDEN, bidirectional=True)
        self.fc = nn.Linear(2 * SENTENCE_HIDDEN, outputs)

    def forward(self, ids, lengths):
        packed = pack_padded_sequence(self.embedding(ids), lengths, enforce_sorted=False)
        _, (h, _) = self.lstm(packed)
        return self.fc(torch.cat([h[0], h[1]], dim=1))


class Sentences:
    """One part of both tasks: ids (time × sentences), lengths, and per sentence the task, label and distance."""

    def __init__(self, dump, rows):
        self.lengths = torch.tensor([len(ids) for _, (ids, _, _) in rows])
        self.ids = torch.full((int(self.lengths.max()), len(rows)), dump["pad"])
        for k, (_, (ids, _, _)) in enumerate(rows):
            self.ids[: len(ids), k] = torch.tensor(ids)
        self.task = torch.tensor([task for task, _ in rows])
        self.label = torch.tensor([label for _, (_, label, _) in rows])
        self.distance = torch.tensor([distance for _, (_, _, distance) in rows])

    def counts(self, vocabulary):
        """How often each word occurs: what is left of a sentence without its order."""
        counts = torch.zeros(len(self.label), vocabulary, dtype=torch.float64)
        counts.scatter_add_(1, self.ids.T, torch.ones_like(self.ids.T, dtype=torch.float64))
        counts[:, 0] = 1.0  # padding's place serves as the constant
        return counts


def part_rows(dump, part):
    return [(k, row) for k, task in enumerate(dump["tasks"]) for row in task[part]]


def pair_logits(logits, task):
    """Of the four outputs the two that belong to each sentence's task."""
    return torch.where((task == 0)[:, None], logits[:, :2], logits[:, 2:])


def bag_of_words(train, test, task, vocabulary):
    """Logistic regression on word counts: for each test sentence of a task whether it is right."""
    rows, targets = train.counts(vocabulary)[train.task == task], train.label[train.task == task].double()
    weights = torch.zeros(vocabulary, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(rows @ weights, targets)
        loss = loss + 1e-4 * (weights**2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    with torch.no_grad():
        said = test.counts(vocabulary)[test.task == task] @ weights > 0
    return said == test.label[test.task == task].bool()


def train_classifier(dump):
    torch.manual_seed(SENTENCE_SEED)
    vocabulary = len(dump["words"])
    model = Classifier(vocabulary, 4)
    # No sentence that is asked for later is learned from.
    asked = {(task, tuple(ids)) for part in ("valid", "test") for task, (ids, _, _) in part_rows(dump, part)}
    rows = [(task, row) for task, row in part_rows(dump, "train") if (task, tuple(row[0])) not in asked]
    train, valid, test = Sentences(dump, rows), *(Sentences(dump, part_rows(dump, part)) for part in ("valid", "test"))

    def right(sentences):
        with torch.no_grad():
            said = pair_logits(model(sentences.ids, sentences.lengths), sentences.task).argmax(1)
        return said == sentences.label

    n = len(train.label)
    batches = n // BATCH
    optimizer = torch.optim.Adam(model.parameters(), lr=SENTENCE_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, SENTENCE_RATE, total_steps=SENTENCE_EPOCHS * batches, pct_start=0.1
    )
    shuffler = torch.Generator().manual_seed(SENTENCE_SEED)
    best, best_state = -1.0, None
    for epoch in range(SENTENCE_EPOCHS):
        order = torch.randperm(n, generator=shuffler)
        for k in range(batches):
            chosen = order[k * BATCH : (k + 1) * BATCH]
            lengths = train.lengths[chosen]
            ids = train.ids[: int(lengths.max()), chosen]
            hidden = torch.rand(ids.shape, generator=shuffler) < UNKNOWN_SHARE
            ids = torch.where(hidden & (ids != dump["pad"]), dump["unk"], ids)
            logits = pair_logits(model(ids, lengths), train.task[chosen])
            loss = nn.functional.cross_entropy(logits, train.label[chosen])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), CLIP)
            optimizer.step()
            schedule.step()
        ok = right(valid)
        scores = [ok[valid.task == k].double().mean().item() for k in range(2)]
        print(f"sentences epoch {epoch + 1}: valid {scores[0]:.4f} {scores[1]:.4f}", flush=True)
        if sum(scores) > best:
            best, best_state = sum(scores), {key: value.clone() for key, value in model.state_dict().items()}
    model.load_state_dict(best_state)

    file, sha256 = save("sentences-bilstm", model)
    ok = right(test)
    metrics, tasks = [], []
    for k, task in enumerate(dump["tasks"]):
        of_task = test.task == k
        labels = test.label[of_task]
        majority = train.label[train.task == k].double().mean().item() > 0.5
        bag = bag_of_words(train, test, k, vocabulary)

        def by_distance(which):
            distances = test.distance[of_task]
            return [rounded(which[distances == d].double().mean().item()) for d in range(int(distances.max()) + 1)]

        metrics.append({
            "task": task["name"], "part": "test", "sentences": len(labels), "trainSentences": int((train.task == k).sum()),
            "accuracy": rounded(ok[of_task].double().mean().item()),
            "correct": int(ok[of_task].sum()),
            "majority": rounded((labels == int(majority)).double().mean().item()),
            "bagOfWords": rounded(bag.double().mean().item()),
            "accuracyByDistance": by_distance(ok[of_task]),
            "bagOfWordsByDistance": by_distance(bag),
        })
        tasks.append({"task": task["name"], "outputs": [2 * k, 2 * k + 1], "labels": task["labels"]})
    return {
        "name": "sentences-bilstm",
        "title": "Bidirectional LSTM, sentences",
        "file": file,
        "tasks": tasks,
        "config": {
            "cell": "lstm", "input": EMBEDDING, "hidden": SENTENCE_HIDDEN, "layers": 1, "bidirectional": True, "bias": True,
            "head": {"outputs": 4}, "embedding": {"vocabulary": vocabulary, "width": EMBEDDING},
            "readout": "final-states",
        },
        "normalisation": None,
        "vocabulary": dump["words"],
        "view": {"task": dump["tasks"][0]["name"], "example": 0},
        "metrics": metrics,
        "provenance": provenance(
            f"sentences from the grammars in src/task/agreement.rs and src/task/sentiment.rs, seed {dump['seed']}; none of "
            "those measured was trained on",
            f"Adam, one-cycle rate up to {SENTENCE_RATE}, {SENTENCE_EPOCHS} epochs of batches of {BATCH}, gradient norm "
            f"clipped at {CLIP:g}; cross-entropy over the two outputs of a sentence's task; {UNKNOWN_SHARE:.0%} of the "
            "words hidden; best epoch by validation",
            sha256,
            SENTENCE_SEED,
        ),
    }


if __name__ == "__main__":
    main()
