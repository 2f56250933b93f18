using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using LowMem.Checkpoints.Values.Division;

namespace LowMem.Checkpoints.Sharding;

/// <summary>Which of several equal shares of each tensor is meant: one for each rank of a parallel run.</summary>
/// <param name="Number">From 1 to <paramref name="Count"/>: the shard of PyTorch's rank r is number r + 1.</param>
/// <param name="Count">How many there are, PyTorch's world size; at least 1.</param>
public sealed record ShardNumber(int Number, int Count)
{
    /// <summary>PyTorch's number of the rank that holds it, from 0.</summary>
    public int Rank => Number - 1;

    /// <summary>Reads a number such as <c>3/8</c>.</summary>
    /// <param name="text">The number and the count.</param>
    /// <param name="shard">What it says; null when something is wrong.</param>
    /// <param name="problem">What is wrong; null when nothing is.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out ShardNumber? shard, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        shard = null;
        if (!NumberAndCount.TryRead(text, out int number, out int count))
        {
            problem = "it is no number and count, such as 3/8";
            return false;
        }

        if (count < 1 || number < 1 || number > count)
        {
            problem = number == 0 && count > 0
                ? $"shards are counted from 1: that of PyTorch's rank 0 is 1/{count}"
                : $"the number is to be from 1 to the count, and the count at least 1";
            return false;
        }

        shard = new ShardNumber(number, count);
        problem = null;
        return true;
    }

    /// <summary>
    /// The indices of a dimension that the shard has, as <c>torch.chunk</c> and <c>Shard(dim)</c> of torch.distributed.tensor give
    /// them: all chunks have the size divided by the count, rounded up, until nothing is left. So the last one that has any may be
    /// shorter, and those behind it are empty.
    /// </summary>
    /// <param name="size">The size of the dimension.</param>
    public (long Start, long Length) GetRange(long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        long chunk = size == 0 ? 0 : ((size - 1) / Count) + 1;
        var start = (long)Int128.Min((Int128)chunk * Rank, size);
        return (start, Math.Min(chunk, size - start));
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number}/{Count}");
}
