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

    public Checkpoint Open() => Checkpoint.Open(Path, TestContext.Current.CancellationToken);

    public CheckpointException Refusal() => Assert.Throws<CheckpointException>(() => Open());

    public void Dispose() => File.Delete(Path);
}
