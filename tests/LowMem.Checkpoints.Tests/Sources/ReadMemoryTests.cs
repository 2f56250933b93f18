using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Tests.Sources;

/// <summary>What was read while a file was opened is not read again, is what was there, and is not without bounds.</summary>
public sealed class ReadMemoryTests
{
    private const string Name = "/memory/file";

    private readonly MemoryLocation files = new();
    private readonly ReadMemory memory = new();

    private CheckpointLocation Location => files.With(memory);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void EachByteIsReadOnceAndAsItIs()
    {
        byte[] bytes = Add(300_000);
        var random = new Random(11);
        for (int i = 0; i < 2000; i++)
        {
            using var source = Location.OpenUnbuffered(Name, Token);
            int offset = random.Next(bytes.Length);
            int length = random.Next(Math.Min(i % 50 == 0 ? 20_000 : 300, bytes.Length - offset) + 1);
            Assert.Equal(bytes[offset..(offset + length)], source.ReadRange(offset, length, "a range"));
        }

        memory.Seal();
        using (var source = Location.OpenUnbuffered(Name, Token))
        {
            Assert.Equal(bytes, source.ReadRange(0, bytes.Length, "all"));
        }

        Assert.Equal(bytes.Length, files.BytesRead);
    }

    [Fact]
    public void AnotherVersionIsReadAnew()
    {
        byte[] bytes = Add(1000);
        Read(0, 1000);
        files.Change(Name);

        Assert.NotEqual(bytes, Read(0, 1000));
        Assert.Equal(2000, files.BytesRead);
    }

    [Fact]
    public void WhatIsReadAfterwardsIsNotKept()
    {
        Add(1000);
        Read(0, 300);
        memory.Seal();
        Read(0, 1000);
        Read(0, 1000);

        Assert.Equal(300 + 700 + 700, files.BytesRead);
    }

    [Fact]
    public void NoMoreIsKeptThanABound()
    {
        const int length = 24 << 20;
        Add(length);
        for (int offset = 0; offset < length; offset += 1 << 20)
        {
            Read(offset, 1 << 20);
        }

        Read(0, length);

        Assert.Equal(length + (8 << 20), files.BytesRead);
    }

    [Fact]
    public void ManyThreadsReadWhatIsThere()
    {
        byte[] bytes = Add(300_000);
        using var source = Location.OpenUnbuffered(Name, Token);
        Parallel.For(0, 8, seed =>
        {
            var random = new Random(seed);
            for (int i = 0; i < 2000; i++)
            {
                int offset = random.Next(bytes.Length - 500);
                Assert.Equal(bytes[offset..(offset + 500)], source.ReadRange(offset, 500, "a range"));
            }
        });
    }

    private byte[] Read(long offset, int length)
    {
        using var source = Location.OpenUnbuffered(Name, Token);
        return source.ReadRange(offset, length, "a range");
    }

    private byte[] Add(int length)
    {
        byte[] bytes = new byte[length];
        new Random(7).NextBytes(bytes);
        files.Add(Name, bytes, DateTime.UnixEpoch);
        return bytes;
    }
}
