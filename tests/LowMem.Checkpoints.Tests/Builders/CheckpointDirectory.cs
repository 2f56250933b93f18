using System.Text;
using LowMem.Checkpoints.Formats;

namespace LowMem.Checkpoints.Tests.Builders;

/// <summary>A directory for a checkpoint of several files.</summary>
internal sealed class CheckpointDirectory : IDisposable
{
    public const string IndexName = "model.safetensors.index.json";

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("lowmem-test-");

    public string Path => directory.FullName;

    public void Write(string name, byte[] content)
    {
        string path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
    }

    public void WriteIndex(string json) => Write(IndexName, Encoding.UTF8.GetBytes(json));

    public Checkpoint Open() => Checkpoint.Open(Path, TestContext.Current.CancellationToken);

    public void Dispose() => directory.Delete(recursive: true);
}
