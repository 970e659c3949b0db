"""Trains a perceptron whose layers are butterflies on digits, and saves it for Papilio.

    python3 train_digits.py digits.csv.gz digits.safetensors --epochs 60

The file has a line for each image: 64 pixels from 0 to 16, then the digit. The last 100 lines are for testing.
"""

import argparse
import csv
import gzip

import torch
from torch import nn

from kronecker_sparse import ButterflyLinear, monarch, save_safetensors

TESTED = 100


def read(path):
    with gzip.open(path, "rt") as file:
        rows = torch.tensor([[float(field) for field in row] for row in csv.reader(file)])
    return rows[:, :-1] / 16, rows[:, -1].long()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("out")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--predictions", help="also save the logits of the tested images here")
    arguments = parser.parse_args()

    torch.manual_seed(arguments.seed)
    images, labels = read(arguments.data)
    model = nn.Sequential(
        ButterflyLinear(monarch(64, 128, 8)),
        nn.ReLU(),
        # A chain of 128 x 128, cut to 100 outputs.
        ButterflyLinear([(1, 8, 8, 16), (8, 8, 8, 2), (64, 2, 2, 1)], out_features=100),
        nn.ReLU(),
        nn.Linear(100, 10),
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
    for _ in range(arguments.epochs):
        order = torch.randperm(len(images) - TESTED)
        for batch in order.split(50):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()

    with torch.no_grad():
        logits = model(images[-TESTED:])
    right = (logits.argmax(1) == labels[-TESTED:]).float().mean().item()
    save_safetensors(arguments.out, dict(model.named_parameters()))
    if arguments.predictions:
        save_safetensors(arguments.predictions, {"logits": logits})
    print(f"{100 * right:.1f} % of {TESTED} digits are right")


if __name__ == "__main__":
    main()
