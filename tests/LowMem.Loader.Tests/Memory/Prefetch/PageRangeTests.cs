using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Loader.Memory.Prefetch;

namespace LowMem.Loader.Tests.Memory.Prefetch;

public class PageRangeTests
{
    [Fact]
    public void RangesComeInTheOrderOfTheFileAndNeighboursAreOne()
    {
        using var directory = new TempDirectory();
        TestFiles.WriteHoles(directory["holes.safetensors"], ("a", "F32", [1000]), ("b", "F32", [100_000]), ("c", "F32", [1000]), ("d", "F32", [10]));
        var tensors = Checkpoint.Open(directory["holes.safetensors"], TestContext.Current.CancellationToken).Tensors.ToDictionary(tensor => tensor.Key);

        var apart = PageRange.Of([tensors["d"], tensors["c"], tensors["a"]], gap: 1000);
        var together = PageRange.Of([tensors["d"], tensors["c"], tensors["a"]], gap: 400_000);

        Assert.Equal([(tensors["a"].Offset, tensors["a"].Offset + 4000), (tensors["c"].Offset, tensors["d"].Offset + 40)], apart.Select(range => (range.Start, range.End)));
        Assert.Equal([(tensors["a"].Offset, tensors["d"].Offset + 40)], together.Select(range => (range.Start, range.End)));
    }

    [Fact]
    public void OfAViewItIsWhatTheViewSpans()
    {
        using var directory = new TempDirectory();
        TestFiles.WriteHoles(directory["holes.safetensors"], ("a", "F32", [100]));
        var whole = Checkpoint.Open(directory["holes.safetensors"], TestContext.Current.CancellationToken).Tensors[0];
        var view = whole with { Shape = [2, 3], Stride = [10, 2], ElementCount = 6 };

        var range = Assert.Single(PageRange.Of([view], gap: 0));

        // The last element is the fifteenth.
        Assert.Equal((whole.Path, whole.Offset, whole.Offset + (15 * 4)), (range.Path, range.Start, range.End));
    }
}
