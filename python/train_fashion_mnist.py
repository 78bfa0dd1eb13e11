#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains the Fashion-MNIST networks and writes them as ONNX.

Needs PyTorch (Debian: python3-torch) beside requirements.txt, for instance:
  sudo apt-get install --no-install-recommends python3-torch
  /usr/bin/python3 -m venv --system-site-packages build/venv-train
  build/venv-train/bin/pip install onnx==1.17.0 numpy
  build/venv-train/bin/python python/train_fashion_mnist.py

Takes 3 to 7 minutes a network on one core; `deep`, of which the repository has
the result of --epochs=6, 1 to 4 minutes an epoch. The same seed on the same machine
gives the same file. The test images take no part in training: the number of
epochs is fixed, and the last weights are kept whatever their accuracy.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch
from torch import nn

import fashion_mnist
import fashion_mnist_networks as networks

BATCH = 128
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 2e-2
MAX_SHIFT = 1  # pixels
REPOSITORY = Path(__file__).resolve().parent.parent


def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Shifts the batch [N, 1, 28, 28] by a pixel or none, mirrors half of it."""
    shifts = torch.randint(-MAX_SHIFT, MAX_SHIFT + 1, (2,), generator=generator)
    images = torch.roll(images, shifts.tolist(), dims=(2, 3))
    mirrored = torch.rand(len(images), 1, 1, 1, generator=generator) < 0.5
    return torch.where(mirrored, images.flip(3), images)


def accuracy(network: nn.Module, images: torch.Tensor,
             labels: torch.Tensor) -> float:
    """Top-1 accuracy in 0..1."""
    network.eval()
    with torch.no_grad():
        hits = sum(int((network(x).argmax(1) == y).sum())
                   for x, y in zip(images.split(500), labels.split(500)))
    return hits / len(labels)


def train(network: nn.Module, images: torch.Tensor, labels: torch.Tensor,
          epochs: int, seed: int) -> None:
    """Trains in place with AdamW and a one-cycle learning rate."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(network.parameters(),
                                  weight_decay=WEIGHT_DECAY)
    steps = len(images) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, LEARNING_RATE, epochs=epochs, steps_per_epoch=steps)
    loss_function = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        network.train()
        start, total = time.monotonic(), 0.0
        order = torch.randperm(len(images), generator=generator)
        for batch in order[:steps * BATCH].split(BATCH):
            optimizer.zero_grad()
            logits = network(augment(images[batch], generator))
            loss = loss_function(logits, labels[batch])
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"  epoch {epoch + 1}/{epochs}: loss {total / steps:.4f}, "
              f"{time.monotonic() - start:.0f} s", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", metavar="NETWORK",
                        help=f"which of {', '.join(networks.NETWORKS)} "
                        "(default: all)")
    parser.add_argument("--output", type=Path,
                        default=REPOSITORY / "test/data/fashion_mnist")
    parser.add_argument("--data-dir", type=Path,
                        default=fashion_mnist.DATA_DIR)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    for name in options.networks:
        if name not in networks.NETWORKS:
            parser.error(f"there is no network {name}")

    torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(True)
    images, labels = map(torch.from_numpy,
                         fashion_mnist.load("train", options.data_dir))
    test = tuple(map(torch.from_numpy,
                     fashion_mnist.load("t10k", options.data_dir)))
    for name in options.networks or networks.NETWORKS:
        torch.manual_seed(options.seed)
        network = networks.NETWORKS[name]()
        count = sum(p.numel() for p in network.parameters())
        print(f"{name}: {count} parameters", flush=True)
        train(network, images, labels, options.epochs, options.seed)
        path = options.output / f"{name}.onnx"
        networks.export(network, name, path)
        print(f"  test accuracy {100 * accuracy(network, *test):.2f} %, "
              f"{path.stat().st_size} bytes", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
