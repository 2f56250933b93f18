using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Tests.Pickle;

public sealed class PickleMemoTests
{
    [Fact]
    public void WhatWasNotKeptIsToldFromWhatWasNeverSet()
    {
        var memo = new PickleMemo();
        memo.Pass(3, (1, 7));
        memo.Set(3, PickleScalar.True);
        memo.Pass(2, null);
        memo.Set(6, PickleScalar.False);

        Assert.True(memo.IsInOrder);
        Assert.Same(PickleMemo.NotMade, memo.Get(0));
        Assert.Equal("7", Assert.IsType<PickleScalar>(memo.Get(1)).Value);
        Assert.Same(PickleMemo.NotMade, memo.Get(2));
        Assert.Same(PickleScalar.True, memo.Get(3));
        Assert.Same(PickleMemo.NotMade, memo.Get(5));
        Assert.Same(PickleScalar.False, memo.Get(6));
        Assert.Null(memo.Get(7));
        Assert.Null(memo.Get(long.MaxValue));
    }

    [Fact]
    public void WhateverIsPutAnywhereIsWhatIsFetched()
    {
        var random = new Random(7);
        for (int run = 0; run < 300; run++)
        {
            var memo = new PickleMemo();
            var expected = new Dictionary<long, PickleNode>();
            for (int step = 0; step < 60; step++)
            {
                int next = (int)memo.Count;
                if (memo.IsInOrder && random.Next(3) == 0)
                {
                    int count = random.Next(1, 5);
                    (int, long)? text = random.Next(2) == 0 ? (next + random.Next(count), step) : null;
                    for (int i = 0; i < count; i++)
                    {
                        expected[next + i] = PickleMemo.NotMade;
                    }

                    if (text is var (index, number))
                    {
                        expected[index] = PickleScalar.OfDigits(number);
                    }

                    memo.Pass(count, text);
                }
                else
                {
                    long index = random.Next(20) == 0 ? random.Next(200) : random.Next(4) == 0 ? random.Next(next + 1) : next;
                    var node = new PickleMapping();
                    memo.Set(index, node);
                    expected[index] = node;
                }

                for (long index = 0; index < 210; index++)
                {
                    var found = memo.Get(index);
                    var wanted = expected.GetValueOrDefault(index);
                    Assert.True(
                        ReferenceEquals(found, wanted) || ((found as PickleScalar)?.Value is string text && text.Equals((wanted as PickleScalar)?.Value)),
                        $"run {run}, step {step}, index {index}");
                }
            }

            Assert.Equal(expected.Count, memo.Count);
        }
    }
}
