#!/usr/bin/env python3
"""Trains a very small language model with real PyTorch, and saves it twice: story-100.pt and story-200.pt.

It has the layers and the names of a Llama model: 6 blocks, 12 numbers wide, and an embedding that the last layer shares. What it
learns is to count in English. Needs PyTorch 1.13 or newer and nothing else:

    python3 samples/make_story.py
"""
import pathlib

import torch
from torch import nn
from torch.nn import functional

HERE = pathlib.Path(__file__).parent
WIDTH, HEADS, HIDDEN, BLOCKS, WINDOW = 12, 2, 32, 6, 32
WORDS = "one two three four five six seven eight nine ten".split()
TEXT = " ".join(f"{WORDS[i % 10]} and {WORDS[(i + 1) % 10]} is {i % 10 + (i + 1) % 10 + 2}." for i in range(400))
LETTERS = sorted(set(TEXT))


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x):
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-6) * self.weight


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        for name in "q_proj", "k_proj", "v_proj", "o_proj":
            self.add_module(name, nn.Linear(WIDTH, WIDTH, bias=False))

    def forward(self, x):
        q, k, v = (layer(x).unflatten(-1, (HEADS, -1)).transpose(1, 2) for layer in (self.q_proj, self.k_proj, self.v_proj))
        scores = q @ k.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5
        hidden = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        mixed = scores.masked_fill(hidden, float("-inf")).softmax(-1) @ v
        return self.o_proj(mixed.transpose(1, 2).flatten(-2))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate_proj = nn.Linear(WIDTH, HIDDEN, bias=False)
        self.up_proj = nn.Linear(WIDTH, HIDDEN, bias=False)
        self.down_proj = nn.Linear(HIDDEN, WIDTH, bias=False)

    def forward(self, x):
        return self.down_proj(functional.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.self_attn, self.mlp = Attention(), Mlp()
        self.input_layernorm, self.post_attention_layernorm = Norm(), Norm()

    def forward(self, x):
        x = x + self.self_attn(self.input_layernorm(x))
        return x + self.mlp(self.post_attention_layernorm(x))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed_tokens = nn.Embedding(len(LETTERS), WIDTH)
        self.layers = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.norm = Norm()

    def forward(self, x):
        x = self.embed_tokens(x)
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


class Story(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = Model()
        self.lm_head = nn.Linear(WIDTH, len(LETTERS), bias=False)
        self.lm_head.weight = self.model.embed_tokens.weight

    def forward(self, x):
        return self.lm_head(self.model(x))


def main():
    torch.manual_seed(4)
    torch.set_num_threads(1)
    story = Story()
    optimizer = torch.optim.AdamW(story.parameters(), lr=3e-3)
    letters = torch.tensor([LETTERS.index(letter) for letter in TEXT])
    for step in range(1, 201):
        starts = torch.randint(len(letters) - WINDOW - 1, (16,))
        batch = torch.stack([letters[start:start + WINDOW + 1] for start in starts])
        loss = functional.cross_entropy(story(batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 100 == 0:
            torch.save(
                {"step": step, "loss": round(loss.item(), 4), "model_state_dict": story.state_dict(),
                 "optimizer_state_dict": optimizer.state_dict()},
                HERE / f"story-{step}.pt")


if __name__ == "__main__":
    main()
