using LowMem.Checkpoints.Comparison;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Tests.Formats;

namespace LowMem.Checkpoints.Tests.Comparison;

/// <summary>Every fixture is equal to itself, and to itself in another format, and not to itself with one element changed.</summary>
public sealed class EveryFixtureTests
{
    public static TheoryData<string> Names => [.. FixtureFiles.Names.Where(name => TryOpen(FixtureFiles.PathOf(name)) is not null)];

    public static TheoryData<string> Files => [.. FixtureFiles.Names.Where(name => File.Exists(FixtureFiles.PathOf(name)) && TryOpen(FixtureFiles.PathOf(name)) is not null)];

    public static TheoryData<string, string> Formats => new()
    {
        { "legacy-state-dict", "protocol-4" }, { "state-dict", "newer-big-endian" }, { "state-dict", "repacked-deflated" }, { "repacked-deflated", "repacked-zip64" },
        { "repacked-deflated", "repacked-deflated" }, { "torchscript", "unpacked-torchscript" }, { "training", "legacy-training" },
        { "legacy-python2-module", "tar-whole-module" }, { "unpacked", "shared-storages" }, { "whole-module", "legacy-whole-module" },
        { "plain-pickle", "plain-pickle-protocol-2" }, { "dcp", "dcp-safetensors" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void IsEqualToItself(string name)
    {
        var checkpoint = TryOpen(FixtureFiles.PathOf(name))!;
        var result = new CheckpointComparison(checkpoint, checkpoint, new ComparisonOptions { IncludesEqual = true })
            .Run(null, TestContext.Current.CancellationToken);

        Assert.All(result.Differences, item => Assert.Equal(CheckpointChange.Equal, item.Change));
        var told = result.Differences.Where(item => item.Reference is TensorInfo).Select(item => item.Key).ToHashSet(StringComparer.Ordinal);
        Assert.Empty(checkpoint.Tensors.Where(IsReadable).Select(tensor => tensor.Key).Except(told));

        // What cannot be read is never called equal.
        Assert.All(result.Faults, fault => Assert.Equal(CheckpointErrorIds.Unsupported, fault.ErrorId));
        Assert.True(result.Faults.Count >= checkpoint.Tensors.Count(tensor => tensor.UnreadableReason is not null && tensor.Components.Count == 0));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void IsEqualToItselfInAnotherFormat(string name, string other)
    {
        var one = TryOpen(FixtureFiles.PathOf(name))!;
        var two = TryOpen(FixtureFiles.PathOf(other))!;
        var common = one.Tensors.Where(tensor => IsReadable(tensor) && two.Tensors.Any(found => found.Key == tensor.Key && found.Shape.SequenceEqual(tensor.Shape) && found.DType == tensor.DType))
            .Select(tensor => tensor.Key).ToHashSet(StringComparer.Ordinal);
        var result = new CheckpointComparison(one, two, new ComparisonOptions { IncludesEqual = true, Includes = common.Contains })
            .Run(null, TestContext.Current.CancellationToken);

        Assert.NotEmpty(common);
        Assert.Empty(result.Faults);
        Assert.Equal(string.Empty, string.Join(", ", result.Differences.Where(item => item.Change != CheckpointChange.Equal && item.Reference is TensorInfo)));
        Assert.Empty(common.Except(result.Differences.Where(item => item.Reference is TensorInfo).Select(item => item.Key)));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void OneChangedElementIsFoundAtItsIndex(string name)
    {
        string path = FixtureFiles.PathOf(name);
        var checkpoint = TryOpen(path)!;
        var tensors = checkpoint.Tensors.Where(tensor => IsReadable(tensor) && tensor is { Offset: >= 0, ElementCount: > 0, Chunks: null } && tensor.DType != "bool" && DType.Get(tensor.DType).BitSize >= 8)
            .Take(3);
        foreach (var tensor in tensors)
        {
            byte[] content = File.ReadAllBytes(path);
            int size = DType.Get(tensor.DType).ByteSize;
            long[] last = [.. tensor.Shape.Select(length => length - 1)];
            long place = tensor.Offset + (GetPlace(tensor, last) * size);

            // The lowest bit but one of the most significant byte: another exponent, or another integer.
            int part = DType.Get(tensor.DType).Kind == DTypeKind.Complex ? size / 2 : size;
            content[place + (tensor.IsStoredBigEndian() ? 0 : part - 1)] ^= 2;
            using var changed = MutatedFile.With(content);
            if (TryOpen(changed.Path) is not { } other)
            {
                continue;
            }

            var result = new CheckpointComparison(checkpoint, other).Run(null, TestContext.Current.CancellationToken);
            var found = Assert.Single(result.Differences, item => item.Key == tensor.Key && item.Change != CheckpointChange.Equal);

            Assert.Equal(CheckpointChange.Value, found.Change);
            Assert.Equal(FindFirst(tensor, GetPlace(tensor, last)), found.FirstDifference!.Index);
        }
    }

    private static bool IsReadable(TensorInfo tensor) => tensor is { UnreadableReason: null, Layout: TensorLayouts.Strided };

    private static long GetPlace(TensorInfo tensor, long[] index) => index.Zip(tensor.Stride, (at, step) => at * step).Sum();

    /// <summary>The first index that has the element: several have it where a tensor was expanded.</summary>
    private static long[] FindFirst(TensorInfo tensor, long place)
    {
        long[] index = new long[tensor.Shape.Length];
        while (GetPlace(tensor, index) != place)
        {
            for (int i = index.Length - 1; ++index[i] == tensor.Shape[i]; i--)
            {
                index[i] = 0;
            }
        }

        return index;
    }

    private static Checkpoint? TryOpen(string path)
    {
        try
        {
            return Checkpoint.Open(path, CancellationToken.None);
        }
        catch (CheckpointException)
        {
            return null;
        }
    }
}
