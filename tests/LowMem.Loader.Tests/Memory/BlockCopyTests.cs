using LowMem.Loader.Memory;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Memory;

public class BlockCopyTests
{
    [Fact]
    public void ALargeStridedTensorIsCopiedAndCastInPieces()
    {
        using var storage = arange(0, 3 * 3000 * 1000, dtype: ScalarType.Int32);
        using var source = storage.view(3, 1000, 3000).permute(2, 0, 1);
        using var destination = empty(3000, 3, 1000, dtype: ScalarType.Float64);
        var pieces = new List<long>();

        BlockCopy.Run(source, destination, pieces.Add, CancellationToken.None);

        Assert.True(destination.eq(source).all().item<bool>());
        Assert.Equal(9_000_000, pieces.Sum());
        Assert.True(pieces.Count > 1);
    }

    [Fact]
    public void CancellationEndsItAfterThePieceAtHand()
    {
        using var source = zeros(64 << 20, dtype: ScalarType.Int8);
        using var destination = empty(64 << 20, dtype: ScalarType.Int16);
        using var cancellation = new CancellationTokenSource();
        var done = 0L;

        Assert.Throws<OperationCanceledException>(() => BlockCopy.Run(
            source,
            destination,
            count =>
            {
                done += count;
                cancellation.Cancel();
            },
            cancellation.Token));
        Assert.InRange(done, 1, 16 << 20);
    }
}
