"""Loads all checkpoints below a folder with PyTorch, one after the other, in a process of its own: folder.py <folder>

Speaks the protocol of load.py. The first time, and again.
"""
import os
import sys
import time

import torch


def say(step, seconds=0.0, value=0.0):
    print(step, repr(seconds), repr(value), flush=True)
    sys.stdin.readline()


def measure(step, folder):
    started = time.perf_counter()
    count = 0
    for directory, _, files in os.walk(folder):
        for name in files:
            torch.load(os.path.join(directory, name), map_location="cpu")
            count += 1
    say(step, time.perf_counter() - started, float(count))


def main(folder):
    torch.ones(64, 64).mm(torch.ones(64, 64)).sum().item()
    say("ready")
    measure("loaded", folder)
    measure("again", folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
