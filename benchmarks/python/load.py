"""One way of loading with PyTorch, in a process of its own: load.py <naive|article|mmap> <checkpoint> <stages> <width>

Prints "ready", and on each line of input goes on: builds the model, loads, uses every value once.
Memory is measured from outside.
"""
import sys
import time

import torch
from torch import nn


class BoringModel(nn.Module):
    def __init__(self, stages, width, **kwargs):
        super().__init__()
        self.in_proj = nn.Linear(2, width, **kwargs)
        self.stages = nn.Sequential(*(nn.Linear(width, width, **kwargs) for _ in range(stages)))
        self.out_proj = nn.Linear(width, 2, **kwargs)


def load_state_dict(model, path):
    state_dict = torch.load(path, map_location="cpu")
    model.load_state_dict(state_dict)


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


# The article's model is built with values, which go when it moves to meta; then the state dict is read.
WAYS = {
    "naive": (BoringModel, load_state_dict),
    "article": (lambda stages, width: BoringModel(stages, width).to("meta"), assign),
    "mmap": (lambda stages, width: BoringModel(stages, width, device="meta"), lambda model, path: assign(model, path, mmap=True)),
}


def say(step, seconds=0.0, value=0.0):
    print(step, repr(seconds), repr(value), flush=True)
    sys.stdin.readline()


def run(step, action):
    started = time.perf_counter()
    result = action()
    say(step, time.perf_counter() - started, result if isinstance(result, float) else 0.0)
    return result


def main(way, path, stages, width):
    torch.ones(64, 64).mm(torch.ones(64, 64)).sum().item()
    say("ready")
    build, load = WAYS[way]
    model = run("built", lambda: build(int(stages), int(width)))
    run("loaded", lambda: load(model, path))
    with torch.no_grad():
        run("used", lambda: sum(parameter.norm().item() for parameter in model.parameters()))


if __name__ == "__main__":
    main(*sys.argv[1:])
