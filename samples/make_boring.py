#!/usr/bin/env python3
"""Makes boring.pt, boring-training.pt and boring.expected.json with real PyTorch.

The model is the one of the article that LowMem follows. Needs PyTorch 1.13 or newer and nothing else:

    python3 samples/make_boring.py
"""
import json
import pathlib
from collections import OrderedDict

import numpy
import torch
from torch import nn

HERE = pathlib.Path(__file__).parent


class BoringModel(nn.Sequential):
    """Ten hidden units: small enough to read by eye, nested enough to show how keys are made."""

    def __init__(self):
        super().__init__(OrderedDict([
            ("in_proj", nn.Linear(2, 10)),
            ("stages", nn.Sequential(nn.Linear(10, 10), nn.Linear(10, 10))),
            ("out_proj", nn.Linear(10, 2)),
        ]))


def numbers(tensor):
    """Nested lists of the shortest decimal numbers that read back as the same float32."""
    array = tensor.detach().numpy()
    assert array.dtype == numpy.float32
    shortest = [float(str(value)) for value in array.ravel()]
    assert (numpy.array(shortest, dtype=numpy.float32) == array.ravel()).all()
    return numpy.array(shortest, dtype=object).reshape(array.shape).tolist()


def main():
    torch.manual_seed(2)
    torch.set_num_threads(1)
    model = BoringModel()
    torch.save(model.state_dict(), HERE / "boring.pt")

    example = torch.randn(3, 2)
    expected = {
        "pytorch": torch.__version__,
        "print": str(model),
        "keys": list(model.state_dict()),
        "tensors": {key: numbers(value) for key, value in model.state_dict().items()},
        "input": numbers(example),
        "output": numbers(model(example)),
    }
    (HERE / "boring.expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")

    # What a training script saves: the same model a few steps on, with its optimizer.
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(3):
        optimizer.zero_grad()
        loss = model(example).square().mean()
        loss.backward()
        optimizer.step()
    torch.save({
        "epoch": epoch,
        "model_state_dict": model.state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
        "loss": loss.item(),
    }, HERE / "boring-training.pt")


if __name__ == "__main__":
    main()
