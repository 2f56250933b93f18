#!/usr/bin/env python3
"""Makes residual.pt and residual.expected.json with real PyTorch: a model that does more than its printed text shows.

Needs PyTorch 1.13 or newer and nothing else:

    python3 samples/make_residual.py
"""
import json
import pathlib

import torch
from torch import nn

from make_boring import numbers

HERE = pathlib.Path(__file__).parent


class Block(nn.Module):
    """Adds what goes in to what comes out: print(model) does not show that."""

    def __init__(self, width):
        super().__init__()
        self.fc1 = nn.Linear(width, width)
        self.act = nn.ReLU()
        self.fc2 = nn.Linear(width, width)

    def forward(self, x):
        return x + self.fc2(self.act(self.fc1(x)))


class ResidualModel(nn.Module):
    """Two such blocks between two projections."""

    def __init__(self, width):
        super().__init__()
        self.in_proj = nn.Linear(2, width)
        self.blocks = nn.Sequential(Block(width), Block(width))
        self.out_proj = nn.Linear(width, 2)

    def forward(self, x):
        return self.out_proj(self.blocks(self.in_proj(x)))


def in_order(module, x):
    """What comes out when the modules run one after the other, whatever the code of their classes says."""
    children = list(module.children())
    for child in children:
        x = in_order(child, x)
    return x if children else module(x)


def main():
    torch.manual_seed(5)
    torch.set_num_threads(1)
    model = ResidualModel(8)
    torch.save(model.state_dict(), HERE / "residual.pt")
    example = torch.randn(3, 2)
    (HERE / "residual.expected.json").write_text(json.dumps({
        "pytorch": torch.__version__,
        "print": str(model),
        "input": numbers(example),
        "output": numbers(model(example)),
        "in_order": numbers(in_order(model, example)),
    }, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
