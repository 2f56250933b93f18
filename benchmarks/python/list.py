"""Lists a checkpoint with PyTorch, by loading it to meta, in a process of its own: list.py <checkpoint>

Speaks the protocol of load.py. The first time, again, and the tenth time.
"""
import sys
import time

import torch


def say(step, seconds=0.0, value=0.0):
    print(step, repr(seconds), repr(value), flush=True)
    sys.stdin.readline()


def measure(step, path):
    started = time.perf_counter()
    state_dict = torch.load(path, map_location="meta")
    seconds = time.perf_counter() - started
    say(step, seconds, float(len(state_dict)))


def main(path):
    torch.ones(64, 64).mm(torch.ones(64, 64)).sum().item()
    say("ready")
    measure("loaded", path)
    measure("again", path)
    for _ in range(3, 10):
        torch.load(path, map_location="meta")
    measure("often", path)


if __name__ == "__main__":
    main(*sys.argv[1:])
