# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How far two sets of logits [N, classes] are apart."""

from __future__ import annotations

import numpy as np


def agreement(a: np.ndarray, b: np.ndarray) -> float:
    """Share of samples with the same top-1 class, 0..1."""
    return float(np.mean(a.argmax(1) == b.argmax(1)))


def accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Share of samples whose top-1 class is the label, 0..1."""
    return float(np.mean(logits.argmax(1) == labels))


def sqnr_db(reference: np.ndarray, measured: np.ndarray) -> float:
    """10 log10(sum r^2 / sum e^2) over all samples, in dB.

    Each sample's mean over the classes is removed from the reference and from
    the error: adding a constant to all logits of a sample changes nothing.
    """
    def centred(x: np.ndarray) -> np.ndarray:
        x = x.astype(np.float64)
        return x - x.mean(axis=1, keepdims=True)

    signal = np.sum(centred(reference) ** 2)
    noise = np.sum(centred(measured.astype(np.float64) - reference) ** 2)
    return float("inf") if noise == 0 else float(10 * np.log10(signal / noise))


def kl_nats(reference: np.ndarray, measured: np.ndarray) -> float:
    """Mean KL divergence of softmax(measured) from softmax(reference), in nats."""
    def log_softmax(x: np.ndarray) -> np.ndarray:
        x = x.astype(np.float64)
        x = x - x.max(axis=1, keepdims=True)
        return x - np.log(np.exp(x).sum(axis=1, keepdims=True))

    p, q = log_softmax(reference), log_softmax(measured)
    return float(np.mean(np.sum(np.exp(p) * (p - q), axis=1)))
