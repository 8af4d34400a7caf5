"""Trains the networks of the bench in PyTorch on one thread of the processor or on a GPU, and says how fast that was.

    python pytorchTraining.py cpu|cuda NETWORKS

NETWORKS is JSON, a list of objects with name, inputs (a shape), filters (of each convolution), window, hidden (widths),
classes, rows, batchSize, momentum and learningRate. Each convolution keeps height and width and is followed by ReLU and
2x2 max pooling; dense layers have a ReLU between them; the loss is softmax cross-entropy, the optimiser SGD with
momentum. Pixels are random: speed does not depend on them. Batches are drawn from a shuffled order, as in training.

One line is printed for a start: the versions. Then, for each line on stdin that holds the name of a network, one epoch
is trained and its seconds are printed, those of the processor or, on a GPU, of the clock; so whoever asks can take turns
with it.
"""

import json
import sys
import time

import torch
from torch import nn


def network(case):
    layers = []
    height, width, channels = [*case["inputs"], 1, 1][:3]
    for filters in case["filters"]:
        layers += [nn.Conv2d(channels, filters, case["window"], padding="same"), nn.ReLU(), nn.MaxPool2d(2)]
        height, width, channels = height // 2, width // 2, filters
    layers.append(nn.Flatten())
    inputs = height * width * channels
    for outputs in case["hidden"]:
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        inputs = outputs
    layers.append(nn.Linear(inputs, case["classes"]))
    return nn.Sequential(*layers)


class Training:
    def __init__(self, case, device):
        self.batch_size = case["batchSize"]
        self.model = network(case).to(device)
        shape = case["inputs"] if len(case["inputs"]) == 1 else [case["inputs"][2], *case["inputs"][:2]]
        self.features = torch.rand(case["rows"], *shape, device=device)
        self.labels = torch.randint(case["classes"], (case["rows"],), device=device)
        self.loss = nn.CrossEntropyLoss()
        self.optimiser = torch.optim.SGD(self.model.parameters(), lr=case["learningRate"], momentum=case["momentum"])

    def epoch(self):
        total = 0.0
        for rows in torch.randperm(len(self.labels), device=self.labels.device).split(self.batch_size):
            self.optimiser.zero_grad()
            loss = self.loss(self.model(self.features[rows]), self.labels[rows])
            loss.backward()
            self.optimiser.step()
            total += loss.item()
        return total


def main():
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    torch.manual_seed(1)
    device = torch.device(sys.argv[1])
    # What an epoch adds up is read at its end, which waits for the GPU.
    seconds = time.process_time if device.type == "cpu" else time.perf_counter
    trainings = {case["name"]: Training(case, device) for case in json.loads(sys.argv[2])}
    about = {
        "version": torch.__version__,
        "threads": torch.get_num_threads(),
        "processor": torch.backends.cpu.get_cpu_capability(),
        "parameters": {name: sum(p.numel() for p in t.model.parameters()) for name, t in trainings.items()},
    }
    print(json.dumps(about), flush=True)
    for line in sys.stdin:
        before = seconds()
        trainings[line.strip()].epoch()
        print(seconds() - before, flush=True)


main()
