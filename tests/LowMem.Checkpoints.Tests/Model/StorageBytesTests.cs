using LowMem.Checkpoints.Exploring;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Fixtures;
using static LowMem.Checkpoints.Tests.Exploring.ExploredCheckpoint;

namespace LowMem.Checkpoints.Tests.Model;

/// <summary>The bytes that tensors stand for when they share storages, or do not fill them.</summary>
public sealed class StorageBytesTests
{
    [Fact]
    public void ViewsSideBySideEachHaveTheirOwnPart()
    {
        var parts = new[] { View("a", 0, 64, [4]), View("b", 16, 64, [8]), View("c", 48, 64, [4]) };

        Assert.Equal([16L, 32, 16], CountEach(parts));
        Assert.Equal((48L, 64L), (Count(parts, parts[..2]), new StorageBytes(parts).ByteLength));
    }

    [Fact]
    public void TiedTensorsEachHaveAllOfIt()
    {
        var tied = new[] { View("a", 0, 64, [16]), View("b", 0, 64, [4, 4]), View("c", 0, 64, [4, 4], [1, 4]) };

        Assert.Equal([64L, 64, 64], CountEach(tied));
        Assert.Equal(64, Count(tied, tied[1..]));
    }

    [Fact]
    public void WhatOverlapsCountsOnce()
    {
        var parts = new[] { View("qkv", 0, 64, [16]), View("q", 0, 64, [6]), View("k", 16, 64, [6]) };

        Assert.Equal([64L, 24, 24], CountEach(parts));
        Assert.Equal(40, Count(parts, parts[1..]));
        Assert.Equal(64, new StorageBytes(parts).ByteLength);
    }

    [Fact]
    public void ASmallViewShowsTheLargeStorageThatItKeeps()
    {
        var parts = new[] { View("a", 400, 1000, [4]), View("b", 420, 1000, [4]) };

        Assert.Equal([1000L - 16, 1000 - 16], CountEach(parts));
        Assert.Equal(1000, new StorageBytes(parts).ByteLength);
        Assert.Equal(1000, Count([parts[0]], [parts[0]]));
    }

    [Theory]
    [InlineData("4,3", "6,1", 4 * 12)] // three columns of six
    [InlineData("3,4", "1,6", 4 * 12)] // the same, transposed
    [InlineData("4,6", "1,4", 96)] // transposed without gaps
    [InlineData("2,5", "1,0", 8)] // expanded
    [InlineData("5,4", "2,1", 48)] // overlapping windows
    [InlineData("2,2,3", "12,6,1", 48)]
    [InlineData("1,24", "77,1", 96)]
    [InlineData("0,3", "3,1", 0)]
    [InlineData("4,4", "5,5", 28)] // elements that lie apart, some of them twice
    public void EachByteThatAStridedTensorCoversCounts(string shape, string stride, long covered)
    {
        var strided = View("strided", 0, 96, Numbers(shape), Numbers(stride));

        // The other one covers all, so that nothing more than its own is left for the first.
        Assert.Equal(covered, Count([strided, View("all", 0, 96, [24])], [strided]));
    }

    [Fact]
    public void ColumnsOfOneMatrixEachHaveTheirOwnPart()
    {
        var columns = Enumerable.Range(0, 3).Select(i => View($"{i}", 16 * i, 4800, [100, 4], [12, 1])).ToArray();

        Assert.Equal([1600L, 1600, 1600], CountEach(columns));
        Assert.Equal(3200, Count(columns, columns[1..]));
    }

    [Fact]
    public void MoreRunsThanAreLookedAtCountWithTheirGaps()
    {
        const long rows = 300_000;
        var columns = Enumerable.Range(0, 2).Select(i => View($"{i}", 4 * i, 8 * rows, [rows], [2])).ToArray();

        Assert.Equal([(8 * rows) - 4, (8 * rows) - 4], CountEach(columns));
        Assert.Equal(8 * rows, new StorageBytes(columns).ByteLength);
    }

    [Theory]
    [InlineData("flat-lstm")]
    [InlineData("shared-storages")]
    [InlineData("strides")]
    [InlineData("sparse")]
    [InlineData("quantized-sub-byte")]
    [InlineData("meta")]
    [InlineData("attributes")]
    public void AllTensorsOfAFileAreAllItsStorages(string fixture)
    {
        var checkpoint = Checkpoint.Open(FixtureFiles.PathOf(fixture), TestContext.Current.CancellationToken);
        long all = checkpoint.Tensors.SelectMany(tensor => tensor.GetParts()).DistinctBy(part => (part.Path, part.StorageKey ?? part.Key))
            .Sum(part => part.GetStorageByteLength());

        Assert.Equal((all, all), (checkpoint.GetSummary().ByteLength, new CheckpointTree(checkpoint).Root.ByteLength));
    }

    [Fact]
    public void TheLayersOfAnLstmInOneStorageAreTheirOwnSize()
    {
        var checkpoint = Checkpoint.Open(FixtureFiles.PathOf("flat-lstm"), TestContext.Current.CancellationToken);
        var tree = new CheckpointTree(checkpoint);

        Assert.Single(checkpoint.Tensors.Where(tensor => tensor.Key != "head").DistinctBy(tensor => tensor.StorageKey));
        Assert.All(tree.Find("lstm")!.Children, child => Assert.Equal(child.Tensor!.ByteLength, child.ByteLength));
        Assert.Equal(tree.Root.ByteLength, tree.Root.Children.Sum(child => child.ByteLength));
        Assert.Equal(1.0, TensorPattern.Of(checkpoint).Sum(pattern => pattern.Share), 12);
        Assert.Equal(1.0, TensorGroup.Of(checkpoint, TensorGrouping.Shape).Sum(group => group.Share), 12);
    }

    private static long[] Numbers(string text) => [.. text.Split(',').Select(long.Parse)];

    private static long[] CountEach(TensorInfo[] all) => [.. all.Select(tensor => Count(all, [tensor]))];

    private static long Count(TensorInfo[] all, TensorInfo[] some) => new StorageBytes(all).Count(some);

    private static TensorInfo View(string key, long start, long storage, long[] shape, long[]? stride = null) => Tensor(key, storage: "s", shape: shape) with
    {
        StorageStart = start,
        Storage = new StorageExtent(0, storage),
        Stride = stride ?? StridedLayout.ContiguousStrides(shape),
        IsContiguous = StridedLayout.IsContiguous(shape, stride ?? StridedLayout.ContiguousStrides(shape)),
    };
}
