namespace LowMem.Checkpoints.Tests.Sources;

/// <summary>Blocks bring the bytes that are asked for, and small reads side by side are few reads of the file.</summary>
public sealed class BufferedSourceTests
{
    private const string Name = "/memory/file";
    private const int Length = 300_000;

    private readonly byte[] bytes = new byte[Length];
    private readonly MemoryLocation location = new();

    public BufferedSourceTests()
    {
        new Random(7).NextBytes(bytes);
        location.Add(Name, bytes, DateTime.UnixEpoch);
    }

    [Fact]
    public void ReadsWhatIsThere()
    {
        using var source = location.Open(Name, TestContext.Current.CancellationToken);
        var random = new Random(11);
        for (int i = 0; i < 20_000; i++)
        {
            int offset = random.Next(Length);
            int length = random.Next(Math.Min(i % 50 == 0 ? 20_000 : 100, Length - offset) + 1);

            Assert.Equal(bytes[offset..(offset + length)], source.ReadRange(offset, length, "a range"));
        }
    }

    [Fact]
    public void ReadsOnInFewReads()
    {
        using var source = location.Open(Name, TestContext.Current.CancellationToken);
        for (int offset = 0; offset + 30 <= Length; offset += 100)
        {
            source.ReadRange(offset, 30, "a header");
        }

        Assert.InRange(location.Reads, 1, 12);
        Assert.InRange(location.BytesRead, Length - 100, Length);
    }

    [Fact]
    public void ReadsNoMoreThanAPageWhereReadsAreFarApart()
    {
        using var source = location.Open(Name, TestContext.Current.CancellationToken);
        for (int offset = 10_000; offset + 30 <= Length; offset += 30_000)
        {
            source.ReadRange(offset, 30, "a header");
        }

        Assert.Equal(10, location.Reads);
        Assert.InRange(location.BytesRead, 10 * 30, 10 * 4096);
    }

    /// <summary>A pickle is read on and on; the headers behind it lie far apart again.</summary>
    [Fact]
    public void ReadsNoMoreThanAPageBehindWhatWasReadOnAndOn()
    {
        using var source = location.Open(Name, TestContext.Current.CancellationToken);
        for (int offset = 0; offset < 130_000; offset += 1000)
        {
            source.ReadRange(offset, 1000, "a pickle");
        }

        int before = location.Reads;
        long read = location.BytesRead;
        for (int offset = 220_000; offset + 30 <= Length; offset += 20_000)
        {
            source.ReadRange(offset, 30, "a header");
        }

        Assert.Equal(4, location.Reads - before);
        Assert.InRange(location.BytesRead - read, 4 * 30, 4 * 4096);
    }

    [Fact]
    public void ReadsAgainWhatCouldNotBeRead()
    {
        using var source = location.Open(Name, TestContext.Current.CancellationToken);
        location.BeforeRead = (number, _) => Assert.NotEqual(0, number);
        Assert.ThrowsAny<Exception>(() => source.ReadRange(5000, 10, "a header"));
        location.BeforeRead = null;

        Assert.Equal(bytes[5000..5010], source.ReadRange(5000, 10, "a header"));
    }

    [Fact]
    public void IsReadByManyThreads()
    {
        using var source = location.Open(Name, TestContext.Current.CancellationToken);

        Parallel.For(0, 5000, i =>
        {
            int offset = i * 7919 % (Length - 50);
            Assert.Equal(bytes[offset..(offset + 50)], source.ReadRange(offset, 50, "a range"));
        });
    }
}
