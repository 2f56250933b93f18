namespace LowMem.Checkpoints.Tests.Fixtures;

/// <summary>A copy of a fixture that is a directory, to do harm to.</summary>
internal sealed class FixtureCopy : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("lowmem-test-");

    public FixtureCopy(string name)
    {
        foreach (string file in Directory.GetFiles(FixtureFiles.PathOf(name)))
        {
            File.Copy(file, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)));
        }
    }

    public string Path => directory.FullName;

    /// <summary>Changes one byte.</summary>
    public void Damage(string path, long offset)
    {
        using var stream = File.Open(path, FileMode.Open);
        stream.Position = offset;
        int before = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(before ^ 0x55));
    }

    /// <summary>Puts other bytes where the first occurrence of some in a file is.</summary>
    public void Change(string file, byte[] old, byte[] replacement)
    {
        string path = System.IO.Path.Combine(Path, file);
        File.WriteAllBytes(path, Formats.MutatedFile.Replace(File.ReadAllBytes(path), old, replacement));
    }

    public void Dispose() => directory.Delete(recursive: true);
}
