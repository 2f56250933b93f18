using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Tests.Values;

/// <summary>What a tensor costs are the bytes that are read for it, when those are more than its values.</summary>
public sealed class ScanBudgetTests
{
    [Theory]
    [InlineData(new[] { 1L << 20 }, new[] { 256L }, false)] // 4 MiB of values, and all of 1 GiB is read for them.
    [InlineData(new[] { 1L << 20 }, new[] { 1000L }, true)] // The gaps are passed over.
    [InlineData(new[] { 1L << 11, 1L << 11 }, new[] { 1L, 1L << 15 }, true)] // A part of a transposed tensor, by runs.
    [InlineData(new[] { 1L << 24, 1L }, new[] { 0L, 1L }, false)] // 64 MiB of values, from one element.
    public void CountsWhatIsRead(long[] shape, long[] stride, bool isAffordable)
    {
        using var file = new StridedFile(1, 64);
        var tensor = file.GetTensor("float32", shape, stride) with { Storage = new StorageExtent(0, 1L << 40) };
        var budget = new ScanBudget([new CheckpointFile("model.pt", 1 << 20, default)]);

        Assert.Equal(isAffordable, budget.TryTake(tensor));
    }
}
