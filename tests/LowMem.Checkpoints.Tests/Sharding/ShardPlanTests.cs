using System.Security.Cryptography;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Keys;
using LowMem.Checkpoints.Sharding;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Tests.Sharding;

/// <summary>The slice that each rank holds is PyTorch's, and what has none is named.</summary>
public sealed class ShardPlanTests : IDisposable
{
    private readonly CheckpointDirectory directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => directory.Dispose();

    /// <summary>Strides, overlaps, expanded and empty tensors, shared storages, conjugates: each along each dimension, in 2, 3 and 7 parts.</summary>
    [Theory]
    [InlineData("dtypes.pt")]
    [InlineData("strides.pt")]
    [InlineData("empty-and-zero-dim.pt")]
    [InlineData("conj-and-neg.pt")]
    [InlineData("shared-storages.pt")]
    public void EverySliceIsTheOneOfTorchChunk(string name)
    {
        var checkpoint = Checkpoint.Open(Path.Combine(FixtureFiles.Directory, name), Token);
        using var reader = new TensorDataReader(checkpoint);
        int compared = 0;
        foreach (var expected in Sharded.Expected.GetProperty("fixtures").GetProperty(name).EnumerateObject())
        {
            var tensor = checkpoint.Tensors.Single(tensor => tensor.Key == expected.Name);
            foreach (var one in expected.Value.EnumerateObject())
            {
                int[] parts = [.. one.Name.Split('/').Select(int.Parse)];
                using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                for (int number = 1; number <= parts[1]; number++)
                {
                    var plan = ShardPlan.Create(checkpoint, new ShardNumber(number, parts[1]), Sharded.Rules(("*", parts[0])), [new ShardedKey("key", tensor)], ["key"], Token);
                    var slice = plan.Take(tensor);
                    Assert.Equal(new ShardNumber(number, parts[1]).GetRange(tensor.Shape[parts[0]]).Length, slice.Shape[parts[0]]);
                    hash.AppendData(Sharded.Read(reader, slice));
                }

                Assert.Equal(one.Value.GetString(), Convert.ToHexStringLower(hash.GetHashAndReset())[..16]);
                compared++;
            }
        }

        Assert.True(compared > 0);
    }

    /// <summary>The pieces of a distributed checkpoint, and files of other formats, are split like any other tensor.</summary>
    [Theory]
    [InlineData("dcp")]
    [InlineData("dcp-old")]
    [InlineData("dcp-safetensors")]
    [InlineData("legacy-protocol-0")]
    [InlineData("legacy-views")]
    [InlineData("sharded-safetensors")]
    [InlineData("newer-big-endian")]
    [InlineData("repacked-deflated")]
    [InlineData("tar-state-dict")]
    [InlineData("torchsharp")]
    [InlineData("unpacked")]
    [InlineData("dtypes-safetensors")]
    public void EveryFormatIsSplit(string name)
    {
        var checkpoint = Checkpoint.Open(FixtureFiles.PathOf(name), Token);
        using var reader = new TensorDataReader(checkpoint);
        int compared = 0;
        foreach (var tensor in checkpoint.Tensors.Where(tensor => tensor is { UnreadableReason: null, Layout: TensorLayouts.Strided } && tensor.Shape.Length > 0))
        {
            for (int dimension = 0; dimension < tensor.Shape.Length; dimension++)
            {
                for (int number = 1; number <= 3; number++)
                {
                    var plan = ShardPlan.Create(
                        checkpoint, new ShardNumber(number, 3), Sharded.Rules(("*", dimension - tensor.Shape.Length)), [new ShardedKey("key", tensor)], ["key"], Token);
                    Assert.Equal(Sharded.Cut(reader, tensor, dimension, number, 3), Sharded.Read(reader, plan.Take(tensor)));
                    compared++;
                }
            }
        }

        Assert.True(compared > 0);
    }

    [Fact]
    public void OnePieceOfADistributedCheckpointIsTakenAsItIsStored()
    {
        var checkpoint = Checkpoint.Open(FixtureFiles.PathOf("dcp"), Token);
        var tensor = checkpoint.Tensors.First(tensor => tensor.Chunks is [var first, var second] && first.Source.ElementCount == second.Source.ElementCount && first.Offsets.Sum() == 0 && second.Offsets[0] > 0);

        var slice = ShardPlan.Create(checkpoint, new ShardNumber(2, 2), Sharded.Rules(("*", 0)), [new ShardedKey("key", tensor)], ["key"], Token).Take(tensor);

        Assert.Null(slice.Chunks);
        Assert.Equal(tensor.Key, slice.Key);
        Assert.Equal(tensor.Chunks![1].Source.Offset, slice.Offset);
        Assert.Equal(tensor.Chunks[1].Source.Path, slice.Path);
    }

    [Fact]
    public void MoreShardsThanIndicesLeaveTheLastOnesEmpty()
    {
        var checkpoint = Write(new SafetensorsBytes().Add("w", "F32", [5, 2], new float[10]));

        int[] lengths = [.. Enumerable.Range(1, 8).Select(number => (int)Sharded.Plan(checkpoint, number, 8, Sharded.Rules(("w", 0))).Take(checkpoint.Tensors[0]).Shape[0])];

        Assert.Equal([1, 1, 1, 1, 1, 0, 0, 0], lengths);
        Assert.Equal(["w"], Sharded.Plan(checkpoint, 6, 8, Sharded.Rules(("w", 0))).EmptyKeys);
        Assert.Empty(Sharded.Plan(checkpoint, 5, 8, Sharded.Rules(("w", 0))).EmptyKeys);
    }

    [Fact]
    public void AllThatHasNoAnswerIsOneError()
    {
        var checkpoint = Write(new SafetensorsBytes()
            .Add("a.weight", "F32", [2, 2], new float[4])
            .Add("a.count", "F32", [], new float[1])
            .Add("a.bias", "F32", [2], new float[2])
            .Add("other", "F32", [2], new float[2]));
        var rules = new ShardRules([Rule("*.weight", 2), Rule("*.count", 0), Rule("*.bias", 0), Rule("a.b*", null), Rule("*.wieght", 1)], areOrdered: false);

        var error = Assert.Throws<CheckpointException>(() => Sharded.Plan(checkpoint, 1, 2, rules));

        Assert.Equal(CheckpointErrorIds.ShardInvalid, error.ErrorId);
        Assert.Equal(
            [
                "there is no shard 1/2 by these rules, and nothing was made of it:",
                "  the rule '*.wieght' is for no key. Case counts; * stands for any characters, dots among them",
                "  'a.bias': the rules '*.bias' (Shard(0)) and 'a.b*' (Replicate) are both for it, and the table has no order. Give it one, [ordered]@{ ... }: then the first counts",
                "  'a.count': it has no dimensions, and cannot be split (Shard(0)): its rule is to be 'Replicate'",
                "  'a.weight': its shape [2, 2] has no dimension 2; they are counted from 0, and from the end when negative",
                "  no rule is for this key: other. Say what becomes of them; '*' = 'Replicate' keeps whole on every rank what no other rule is for",
            ],
            error.Detail.Split(Environment.NewLine).OrderBy(line => line.StartsWith("  no ", StringComparison.Ordinal) ? 2 : line.StartsWith("  '", StringComparison.Ordinal) ? 1 : 0).ThenBy(line => line.StartsWith("  '", StringComparison.Ordinal) ? line : string.Empty, StringComparer.Ordinal));
    }

    [Fact]
    public void TwoNamesOfOneTensorAreSplitAlike()
    {
        var checkpoint = Checkpoint.Open(FixtureFiles.PathOf("shared-storages"), Token);
        var tie = checkpoint.Tensors.Where(tensor => tensor.Shape.Length > 0 && tensor.Shape[0] > 1)
            .GroupBy(TensorIdentity.OfView).Where(group => group.Count() > 1).Select(group => group.ToArray()).First();

        var error = Assert.Throws<CheckpointException>(() => ShardPlan.Create(
            checkpoint,
            new ShardNumber(1, 2),
            Sharded.Rules(("first", 0), ("second", null)),
            [new ShardedKey("first", tie[0]), new ShardedKey("second", tie[1])],
            ["first", "second"],
            Token));
        var plan = ShardPlan.Create(
            checkpoint, new ShardNumber(1, 2), Sharded.Rules(("*", 0)), [new ShardedKey("first", tie[0]), new ShardedKey("second", tie[1])], [], Token);

        Assert.Contains("'second': it is the same tensor as 'first', and the rules split the two in different ways", error.Message, StringComparison.Ordinal);
        Assert.Equal(TensorIdentity.OfView(plan.Take(tie[0])), TensorIdentity.OfView(plan.Take(tie[1])));
    }

    [Fact]
    public void ElementsThatShareBytesAreCutAtWholeBytesOrNotAtAll()
    {
        var checkpoint = Write(new SafetensorsBytes().Add("w", "F4", [4, 4], Enumerable.Range(0, 8).Select(i => (byte)i).ToArray()).Add("odd", "F4", [2, 3], new byte[3]));
        using var reader = new TensorDataReader(checkpoint);
        var w = checkpoint.Tensors.Single(tensor => tensor.Key == "w");

        var plan = Sharded.Plan(checkpoint, 2, 2, Sharded.Rules(("w", 0), ("*", null)));
        var odd = Assert.Throws<CheckpointException>(() => Sharded.Plan(checkpoint, 1, 2, Sharded.Rules(("odd", 0), ("*", null))));
        var inner = Assert.Throws<CheckpointException>(() => Sharded.Plan(checkpoint, 1, 2, Sharded.Rules(("w", 1), ("*", null))));

        Assert.Equal([4, 5, 6, 7], Sharded.Read(reader, plan.Take(w)));
        Assert.Contains("'odd': elements of type float4_e2m1fn share bytes, and the slice does not begin and end at whole ones", odd.Message, StringComparison.Ordinal);
        Assert.Contains("'w': elements of type float4_e2m1fn share bytes", inner.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsNotDenseStaysWholeOrIsAnError()
    {
        var checkpoint = Checkpoint.Open(FixtureFiles.PathOf("sparse"), Token);

        var error = Assert.Throws<CheckpointException>(() => Sharded.Plan(checkpoint, 1, 2, Sharded.Rules(("*", 0))));

        Assert.Contains("it is sparse_coo, and only dense tensors are split: its rule is to be 'Replicate'", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, Sharded.Plan(checkpoint, 1, 2, Sharded.Rules(("*", null))).SplitCount);
    }

    /// <summary>Every index is in one slice, whatever the count, and the slices lie one behind the other.</summary>
    [Fact]
    public void SlicesCoverATensorOnce()
    {
        var checkpoint = Write(new SafetensorsBytes().Add("w", "I32", [7, 3], [.. Enumerable.Range(0, 21)]));
        using var reader = new TensorDataReader(checkpoint);
        byte[] whole = Sharded.Read(reader, checkpoint.Tensors[0]);
        for (int count = 1; count <= 9; count++)
        {
            var slices = Enumerable.Range(1, count).Select(number => Sharded.Plan(checkpoint, number, count, Sharded.Rules(("w", 0))).Take(checkpoint.Tensors[0])).ToList();
            Assert.Equal(whole, slices.SelectMany(slice => Sharded.Read(reader, slice)));
            Assert.All(slices, slice => Assert.InRange(slice.Offset, checkpoint.Tensors[0].Offset, checkpoint.Tensors[0].Offset + whole.Length));
        }
    }

    /// <summary>A name from a file reaches an error without what a terminal would obey, and a pattern that never ends is stopped.</summary>
    [Fact]
    public void HostileKeysAreShownHarmlessAndMatchedInBoundedTime()
    {
        string key = new('a', 4000);
        var checkpoint = Write(new SafetensorsBytes().Add("x\u001b[31m\u202e", "F32", [2], new float[2]).Add(key + "\n", "F32", [2], new float[2]));
        var endless = new ShardRules([new ShardRule(KeyRule.FromRegex(new System.Text.RegularExpressions.Regex(@"^(?:a|aa|aaa)+b?\z"), null), new ShardPlacement(0))], areOrdered: true);

        var error = Assert.Throws<CheckpointException>(() => Sharded.Plan(checkpoint, 1, 2, Sharded.Rules(("*.weight", 0))));

        Assert.DoesNotContain('\u001b', error.Message);
        Assert.DoesNotContain('\u202e', error.Message);
        Assert.InRange(error.Message.Length, 1, 2000);
        Assert.Throws<KeyMapException>(() => Sharded.Plan(checkpoint, 1, 2, endless));
    }

    /// <summary>More problems than anybody reads are counted.</summary>
    [Fact]
    public void AnErrorHasABoundedNumberOfLines()
    {
        var bytes = new SafetensorsBytes();
        for (int i = 0; i < 100; i++)
        {
            bytes.Add($"w{i}", "F32", [], new float[1]);
        }

        var error = Assert.Throws<CheckpointException>(() => Sharded.Plan(Write(bytes), 1, 2, Sharded.Rules(("w*", 0))));

        Assert.Equal(22, error.Detail.Split(Environment.NewLine).Length);
        Assert.EndsWith("  and 80 more", error.Detail, StringComparison.Ordinal);
    }

    private static ShardRule Rule(string pattern, int? dimension) => new(KeyRule.FromWildcard(pattern, null), new ShardPlacement(dimension));

    private Checkpoint Write(SafetensorsBytes bytes)
    {
        directory.Write("model.safetensors", bytes.Build());
        return Checkpoint.Open(Path.Combine(directory.Path, "model.safetensors"), Token);
    }
}
