using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Tests.Verification.Signing;

/// <summary>A copy of a signed sample that a test may change.</summary>
internal sealed class SampleCopy : IDisposable
{
    private readonly string sample;

    public SampleCopy(string sample)
    {
        this.sample = sample;
        Directory = System.IO.Directory.CreateTempSubdirectory("lowmem-test-").FullName;
        foreach (string file in System.IO.Directory.GetFiles(SigningFixtures.PathOf($"samples/{sample}")))
        {
            File.Copy(file, Path.Combine(Directory, Path.GetFileName(file)));
        }
    }

    public string Directory { get; }

    public string Signature => Path.Combine(Directory, "model.sig");

    /// <summary>Two of the samples sign one file, which is not named.</summary>
    public bool IsOneFile => sample is "v0.3.1-elliptic-key" or "v1.0.0-elliptic-key";

    public string Model => IsOneFile ? Path.Combine(Directory, "signme-1") : Directory;

    public IReadOnlyList<CheckpointFinding> Check() => SigningFixtures.Check(Signature, SigningFixtures.TrustOf(sample), Model);

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
