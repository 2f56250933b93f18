using System.Buffers.Binary;
using System.Collections.Specialized;
using System.Text;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Loader.Memory;
using LowMem.Loader.Modules;
using LowMem.Loader.Skeletons;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Skeletons.Definition;

/// <summary>A skeleton of seventy billion parameters takes no memory for them, at no moment.</summary>
public class SkeletonMemoryTests
{
    private const long Limit = 300L << 20;
    private const long Parameters = 68_976_648_192;

    // The sizes of Llama-2-70B, as its configuration publishes them.
    private const string Llama70B = """
        LlamaForCausalLM(
          (model): LlamaModel(
            (embed_tokens): Embedding(32000, 8192)
            (layers): ModuleList(
              (0-79): 80 x LlamaDecoderLayer(
                (self_attn): LlamaAttention(
                  (q_proj): Linear(in_features=8192, out_features=8192, bias=False)
                  (k_proj): Linear(in_features=8192, out_features=1024, bias=False)
                  (v_proj): Linear(in_features=8192, out_features=1024, bias=False)
                  (o_proj): Linear(in_features=8192, out_features=8192, bias=False)
                )
                (mlp): LlamaMLP(
                  (gate_proj): Linear(in_features=8192, out_features=28672, bias=False)
                  (up_proj): Linear(in_features=8192, out_features=28672, bias=False)
                  (down_proj): Linear(in_features=28672, out_features=8192, bias=False)
                  (act_fn): SiLU()
                )
                (input_layernorm): LlamaRMSNorm((8192,), eps=1e-05)
                (post_attention_layernorm): LlamaRMSNorm((8192,), eps=1e-05)
              )
            )
            (norm): LlamaRMSNorm((8192,), eps=1e-05)
            (rotary_emb): LlamaRotaryEmbedding()
          )
          (lm_head): Linear(in_features=8192, out_features=32000, bias=False)
        )
        """;

    [Fact]
    public void FromADefinition()
    {
        using var module = Measure(() => Definitions.Build(Llama70B));

        Assert.Equal(Parameters, Definitions.CountParameters(module));
    }

    [Fact]
    public void FromACheckpointAndFromBoth()
    {
        using var directory = new TempDirectory();
        using var printed = Definitions.Build(Llama70B);
        WriteHollow(directory["70b.safetensors"], ModuleTree.GetParameters(printed));
        using var module = Measure(() => SkeletonBuilder.FromCheckpoint(Open(), null, TestContext.Current.CancellationToken));
        using var both = Measure(() => Definitions.Build(Llama70B, Open()));

        Assert.Equal(Parameters, Definitions.CountParameters(module));
        Assert.Equal(Definitions.Describe(module).Order(), Definitions.Describe(both).Order());

        Checkpoint Open() => Checkpoints.Checkpoint.Open(directory["70b.safetensors"], TestContext.Current.CancellationToken);
    }

    [Fact]
    public void FromAClassOfAnAssembly()
    {
        using var module = Measure(() => SkeletonBuilder.FromAssembly(
            typeof(WideModel).Assembly.Location, nameof(WideModel), [65, 32768L], bytes => Assert.Fail($"{bytes} bytes were allocated.")));

        Assert.Equal(65L * 32768 * 32768, Definitions.CountParameters(module));
    }

    [Fact]
    public void FromAFactoryWhoseEmbeddingComesFromADefinition()
    {
        using var module = Measure(() => SkeletonBuilder.FromFactory(
            () => new OrderedDictionary
            {
                ["embed"] = Definitions.Build("Embedding(1000000, 8192)"),
                ["layers"] = new WideModel(60, 32768),
                ["head"] = nn.Linear(8192, 1000000, hasBias: false),
            },
            unwrap: null,
            bytes => Assert.Fail($"{bytes} bytes were allocated.")));

        Assert.Equal((2L * 1000000 * 8192) + (60L * 32768 * 32768), Definitions.CountParameters(module));
        Assert.All(ModuleTree.GetParameters(module), entry => Assert.Equal("meta", entry.Device));
    }

    [Fact]
    public void WhatAConstructorAllocatesAllTheSameIsToldAndGivenBack()
    {
        const int rows = 1 << 16;
        ManagedMemory.GiveBack();
        var before = ProcessMemory.GetPrivateBytes();
        long allocated = 0;
        using var module = SkeletonBuilder.FromFactory(() => nn.Embedding(rows, 1024), unwrap: null, bytes => allocated = bytes);

        Assert.Equal(rows * 1024L * sizeof(float), allocated);
        Assert.InRange(ProcessMemory.GetPrivateBytes() - before, long.MinValue, allocated / 8);
    }

    // 4 GiB or more in one layer each: TorchSharp's own constructors fill them.
    [Theory]
    [InlineData("Embedding(1000000, 2048)")]
    [InlineData("EmbeddingBag(1000000, 2048, mode='sum')")]
    [InlineData("LSTM(16384, 16384)")]
    [InlineData("GRUCell(16384, 32768)")]
    [InlineData("MultiheadAttention(\n  (out_proj): NonDynamicallyQuantizableLinear(in_features=20000, out_features=20000, bias=True)\n)")]
    [InlineData("Bilinear(in1_features=1024, in2_features=1024, out_features=2048, bias=True)")]
    [InlineData("Conv2d(16384, 16384, kernel_size=(3, 3), stride=(1, 1))")]
    [InlineData("Linear(in_features=32768, out_features=32768, bias=False)")]
    public void OfOneLargeLayer(string text)
    {
        using var module = Measure(() => Definitions.Build(text));

        Assert.InRange(ModuleTree.GetParameters(module).Sum(entry => entry.ByteLength), 4L << 30, long.MaxValue);
    }

    private static nn.Module Measure(Func<nn.Module> build)
    {
        ManagedMemory.GiveBack();
        using var sampler = new PeakMemorySampler();
        var module = build();
        var grown = sampler.GetPeak() - sampler.Before;
        TestContext.Current.TestOutputHelper!.WriteLine($"{grown >> 20} MiB");
        Assert.InRange(grown, long.MinValue, Limit);
        return module;
    }

    // The header of a real file of that size, and a hole for the data.
    private static void WriteHollow(string path, IEnumerable<ModuleParameter> entries)
    {
        var header = new StringBuilder("{");
        long offset = 0;
        foreach (var entry in entries)
        {
            var length = entry.Shape.Aggregate(2L, (product, size) => product * size);
            header.Append(header.Length > 1 ? "," : "");
            header.Append($"\"{entry.Key}\":{{\"dtype\":\"BF16\",\"shape\":[{string.Join(',', entry.Shape)}],");
            header.Append($"\"data_offsets\":[{offset},{offset + length}]}}");
            offset += length;
        }

        var json = Encoding.ASCII.GetBytes(header.Append('}').ToString());
        Span<byte> size = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(size, json.Length);
        using var file = File.Create(path);
        file.Write(size);
        file.Write(json);
        file.SetLength(file.Position + offset);
    }
}
