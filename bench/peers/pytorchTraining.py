"""Trains the networks of the bench in PyTorch on one thread of the processor, and says how fast that was.

    python pytorchTraining.py NETWORKS

NETWORKS is JSON, a list of objects with name, inputs (a shape), filters (of each convolution), window, hidden (widths),
classes, rows, batchSize, momentum and learningRate. Each convolution keeps height and width and is followed by ReLU and
2x2 max pooling; dense layers have a ReLU between them; the loss is softmax cross-entropy, the optimiser SGD with
momentum. Pixels are random: speed does not depend on them. Batches are drawn from a shuffled order, as in training.

One line is printed for a start: the versions. Then, for each line on stdin that holds the name of a network, one epoch
is trained and its seconds of the processor are printed; so whoever asks can take turns with it.
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
    def __init__(self, case):
        self.batch_size = case["batchSize"]
        self.model = network(case)
        shape = case["inputs"] if len(case["inputs"]) == 1 else [case["inputs"][2], *case["inputs"][:2]]
        self.features = torch.rand(case["rows"], *shape)
        self.labels = torch.randint(case["classes"], (case["rows"],))
        self.loss = nn.CrossEntropyLoss()
        self.optimiser = torch.optim.SGD(self.model.parameters(), lr=case["learningRate"], momentum=case["momentum"])

    def epoch(self):
        total = 0.0
        for rows in torch.randperm(len(self.labels)).split(self.batch_size):
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
    trainings = {case["name"]: Training(case) for case in json.loads(sys.argv[1])}
    about = {
        "version": torch.__version__,
        "threads": torch.get_num_threads(),
        "processor": torch.backends.cpu.get_cpu_capability(),
        "parameters": {name: sum(p.numel() for p in t.model.parameters()) for name, t in trainings.items()},
    }
    print(json.dumps(about), flush=True)
    for line in sys.stdin:
        before = time.process_time()
        trainings[line.strip()].epoch()
        print(time.process_time() - before, flush=True)


main()
