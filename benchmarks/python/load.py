"""One way of loading with PyTorch, in a process of its own: load.py <naive|article|mmap> <checkpoint> <stages>

Prints "ready", and on each line of input goes on: loads, then uses every value once. Memory is measured from outside.
"""
import sys
import time

import torch
from torch import nn

WIDTH = 4096


class BoringModel(nn.Module):
    def __init__(self, stages, **kwargs):
        super().__init__()
        self.in_proj = nn.Linear(2, WIDTH, **kwargs)
        self.stages = nn.Sequential(*(nn.Linear(WIDTH, WIDTH, **kwargs) for _ in range(stages)))
        self.out_proj = nn.Linear(WIDTH, 2, **kwargs)


def naive(path, stages):
    model = BoringModel(stages)
    state_dict = torch.load(path, map_location="cpu")
    model.load_state_dict(state_dict)
    return model


def assign(model, path, **how):
    """Gives every parameter of a model on meta its value of the state dict, cast, without a copy where none is needed."""
    owners = {
        f"{path}.{name}" if path else name: (module, name)
        for path, module in model.named_modules()
        for name, _ in module.named_parameters(recurse=False)
    }
    state_dict = torch.load(path, map_location="cpu", **how)
    for key, (module, name) in owners.items():
        dtype = getattr(module, name).dtype
        setattr(module, name, nn.Parameter(state_dict.pop(key).to(dtype), requires_grad=False))
    return model


def article(path, stages):
    """The model is built with values, which go when it moves to meta; then the state dict is read."""
    return assign(BoringModel(stages).to("meta"), path)


def mmap(path, stages):
    return assign(BoringModel(stages, device="meta"), path, mmap=True)


def say(phase, seconds=0.0, checksum=0.0):
    print(phase, repr(seconds), repr(checksum), flush=True)
    sys.stdin.readline()


def main(case, path, stages):
    torch.ones(64, 64).mm(torch.ones(64, 64)).sum().item()
    say("ready")

    started = time.perf_counter()
    model = {"naive": naive, "article": article, "mmap": mmap}[case](path, int(stages))
    say("loaded", time.perf_counter() - started)

    started = time.perf_counter()
    with torch.no_grad():
        checksum = sum(parameter.norm().item() for parameter in model.parameters())
    say("used", time.perf_counter() - started, checksum)


if __name__ == "__main__":
    main(*sys.argv[1:])
