"""Figures of all tensors with NumPy, in a process of its own: statistics_of.py <checkpoint>

Speaks the protocol of load.py. The first time, and again. The figures are those of Get-CheckpointTensor but the percentiles.
"""
import sys
import time

import numpy as np
import torch


def say(step, seconds=0.0, value=0.0):
    print(step, repr(seconds), repr(value), flush=True)
    sys.stdin.readline()


def describe(numbers):
    finite = np.isfinite(numbers)
    return (
        numbers.min(),
        numbers.max(),
        numbers.mean(dtype=np.float64),
        numbers.std(dtype=np.float64),
        np.linalg.norm(numbers),
        np.count_nonzero(np.isnan(numbers)),
        numbers.size - np.count_nonzero(finite),
        numbers.size - np.count_nonzero(numbers),
    )


def measure(step, path):
    started = time.perf_counter()
    figures = [describe(tensor.numpy().ravel()) for tensor in torch.load(path).values()]
    say(step, time.perf_counter() - started, float(len(figures)))


def main(path):
    np.ones(64).sum()
    say("ready")
    measure("loaded", path)
    measure("again", path)


if __name__ == "__main__":
    main(*sys.argv[1:])
