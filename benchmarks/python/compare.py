"""Compares two checkpoints with PyTorch, in a process of its own: compare.py <reference> <difference>

Speaks the protocol of load.py. The first time, and again. The figures are those of Compare-Checkpoint, but in the type of the
tensors, as people write it.
"""
import sys
import time

import torch


def say(step, seconds=0.0, value=0.0):
    print(step, repr(seconds), repr(value), flush=True)
    sys.stdin.readline()


def compare(reference, difference):
    old = torch.load(reference)
    new = torch.load(difference)
    found = 0
    for key, a in old.items():
        b = new[key]
        if torch.equal(a, b):
            continue
        change = b - a
        size = change.abs()
        found += 1
        _ = (
            size.max().item(),
            (change * change).mean().item(),
            torch.nn.functional.cosine_similarity(a.flatten(), b.flatten(), dim=0).item(),
            torch.count_nonzero(change).item(),
            (change.norm() / a.norm()).item(),
        )
    return float(found)


def measure(step, reference, difference):
    started = time.perf_counter()
    found = compare(reference, difference)
    say(step, time.perf_counter() - started, found)


def main(reference, difference):
    torch.ones(64, 64).mm(torch.ones(64, 64)).sum().item()
    say("ready")
    measure("loaded", reference, difference)
    measure("again", reference, difference)


if __name__ == "__main__":
    main(*sys.argv[1:])
