using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Fixtures;

namespace LowMem.Checkpoints.Tests.Formats;

/// <summary>A copy of a fixture with something changed in it.</summary>
internal sealed class MutatedFile : IDisposable
{
    private MutatedFile(byte[] content)
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"lowmem-{Guid.NewGuid():N}");
        File.WriteAllBytes(Path, content);
    }

    public string Path { get; }

    public static MutatedFile Of(string fixture, Func<byte[], byte[]> change) =>
        new(change(File.ReadAllBytes(FixtureFiles.PathOf(fixture))));

    public static MutatedFile With(byte[] content) => new(content);

    /// <summary>Puts other bytes where the first occurrence of some is.</summary>
    public static byte[] Replace(byte[] bytes, byte[] old, byte[] replacement)
    {
        int place = bytes.AsSpan().IndexOf(old);
        Assert.True(place >= 0 && old.Length == replacement.Length, "the fixture does not hold what is to be replaced");
        replacement.CopyTo(bytes, place);
        return bytes;
    }

    public Checkpoint Open() => Checkpoint.Open(Path, TestContext.Current.CancellationToken);

    public CheckpointException Refusal() => Assert.Throws<CheckpointException>(() => Open());

    public void Dispose() => File.Delete(Path);
}
