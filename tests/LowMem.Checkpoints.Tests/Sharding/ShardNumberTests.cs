using LowMem.Checkpoints.Sharding;

namespace LowMem.Checkpoints.Tests.Sharding;

/// <summary>A dimension is divided as torch.chunk divides it.</summary>
public sealed class ShardNumberTests
{
    [Fact]
    public void SizesAreDividedAsTorchChunkDividesThem()
    {
        foreach (var item in Sharded.Expected.GetProperty("sizes").EnumerateArray())
        {
            long size = item.GetProperty("size").GetInt64();
            int count = item.GetProperty("count").GetInt32();
            long[] expected = [.. item.GetProperty("lengths").EnumerateArray().SelectMany(run => Enumerable.Repeat(run[0].GetInt64(), run[1].GetInt32()))];

            var ranges = Enumerable.Range(1, count).Select(number => new ShardNumber(number, count).GetRange(size)).ToList();

            Assert.Equal(expected, ranges.Select(range => range.Length));
            long start = 0;
            foreach (var range in ranges)
            {
                Assert.Equal(start, range.Start);
                start += range.Length;
            }
        }
    }

    /// <summary>No product of a size and a rank runs over.</summary>
    [Fact]
    public void TheLargestSizesAndCountsAreDivided()
    {
        Assert.Equal((long.MaxValue - 2147483653, 2147483653), new ShardNumber(int.MaxValue, int.MaxValue).GetRange(long.MaxValue));
        Assert.Equal((0, (long.MaxValue / 2) + 1), new ShardNumber(1, 2).GetRange(long.MaxValue));
        Assert.Equal((5, 0), new ShardNumber(int.MaxValue, int.MaxValue).GetRange(5));
    }

    [Theory]
    [InlineData("3/8", 3, 8)]
    [InlineData(" 1 / 1 ", 1, 1)]
    [InlineData("2147483647/2147483647", int.MaxValue, int.MaxValue)]
    public void ANumberAndACountAreRead(string text, int number, int count)
    {
        Assert.True(ShardNumber.TryParse(text, out var shard, out _));
        Assert.Equal(new ShardNumber(number, count), shard);
        Assert.Equal(number - 1, shard.Rank);
    }

    [Theory]
    [InlineData("0/8", "shards are counted from 1: that of PyTorch's rank 0 is 1/8")]
    [InlineData("9/8", "the number is to be from 1 to the count, and the count at least 1")]
    [InlineData("1/0", "the number is to be from 1 to the count, and the count at least 1")]
    [InlineData("-1/8", "it is no number and count, such as 3/8")]
    [InlineData("3", "it is no number and count, such as 3/8")]
    [InlineData("3/8/2", "it is no number and count, such as 3/8")]
    [InlineData("", "it is no number and count, such as 3/8")]
    [InlineData("3/2147483648", "it is no number and count, such as 3/8")]
    [InlineData("٣/٨", "it is no number and count, such as 3/8")]
    public void WhatIsNoneIsSaid(string text, string expected)
    {
        Assert.False(ShardNumber.TryParse(text, out var shard, out string? problem));
        Assert.Null(shard);
        Assert.Equal(expected, problem);
    }
}
