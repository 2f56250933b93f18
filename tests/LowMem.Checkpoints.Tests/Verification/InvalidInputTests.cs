using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Formats;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Verification;

/// <summary>Manifests with a field that is wrong, missing or of another type: one clear error each.</summary>
public sealed class InvalidInputTests
{
    [Theory]
    [InlineData("", "broken manifest")]
    [InlineData("[]", "no manifest")]
    [InlineData("{}", "no manifest")]
    [InlineData("{\"manifest\":2}", "version is 2")]
    [InlineData("{\"manifest\":1e99}", "version is 1e99")]
    [InlineData("{\"manifest\":1}", "'format'")]
    [InlineData("{\"manifest\":1,\"format\":\"x\"}", "'files'")]
    [InlineData("{\"manifest\":1,\"format\":\"x\",\"files\":[1]}", "no object")]
    [InlineData("{\"manifest\":1,\"format\":\"x\",\"files\":[{}]}", "length")]
    [InlineData("{\"manifest\":1,\"format\":\"x\",\"files\":[{\"length\":-1}]}", "length")]
    [InlineData("{\"manifest\":1,\"format\":\"x\",\"files\":[{\"length\":1,\"path\":\"a\",\"sha256\":\"00\"}]}", "64 hexadecimal")]
    [InlineData("{\"manifest\":1,\"format\":\"x\",\"files\":[{\"length\":1,\"path\":\"a\",\"sha256\":null}]}", "no hash")]
    [InlineData("{\"manifest\":1,\"format\":\"x\",\"files\":[],\"tensors\":[{\"shape\":[-1]}]}", "no size")]
    [InlineData("{\"manifest\":1,\"format\":\"x\",\"files\":[],\"tensors\":[{\"shape\":[1e30]}]}", "no size")]
    [InlineData("{\"manifest\":1,\"format\":\"x\",\"files\":[],\"tensors\":[{\"shape\":\"2x3\"}]}", "no shape")]
    [InlineData("{\"manifest\":1,\"format\":\"x\",\"files\":[],\"tensors\":[{\"shape\":[]}]}", "'key'")]
    [InlineData("{\"manifest\":1,\"format\":\"\\ud800\",\"files\":[],\"tensors\":[]}", "broken manifest")]
    [InlineData("[[[[[[[[[[]]]]]]]]]]", "broken manifest")]
    [InlineData("null", "no manifest")]
    [InlineData("{\"manifest\":\"1\"}", "no manifest")]
    [InlineData("{\"manifest\":1.5}", "version is 1.5")]
    [InlineData("{\"manifest\":1,\"format\":1}", "'format'")]
    [InlineData("{\"manifest\":1,\"format\":\"x\",\"files\":{}}", "no list 'files'")]
    [InlineData("{\"manifest\":1,\"format\":\"x\",\"files\":[{\"length\":\"1\"}]}", "a file has no length")]
    [InlineData("{\"manifest\":1,\"format\":\"x\",\"files\":[{\"length\":1.5}]}", "a file has no length")]
    [InlineData("{\"manifest\":1,\"format\":\"x\",\"files\":[{\"length\":9223372036854775808}]}", "a file has no length")]
    [InlineData("{\"manifest\":1,\"format\":\"x\",\"files\":[{\"length\":1,\"path\":7}]}", "'path'")]
    [InlineData("{\"manifest\":1,\"format\":\"x\",\"files\":[{\"length\":1,\"path\":\"a\"}]}", "64 hexadecimal")]
    [InlineData("{\"manifest\":1,\"format\":\"x\",\"files\":[],\"tensors\":{}}", "no list 'tensors'")]
    [InlineData("{\"manifest\":1,\"format\":\"x\",\"files\":[],\"tensors\":[{\"shape\":[\"1\"],\"key\":\"a\"}]}", "no size")]
    [InlineData("{\"manifest\":1,\"format\":\"x\",\"files\":[],\"tensors\":[{\"shape\":[],\"key\":\"a\"}]}", "'dtype'")]
    [InlineData("{\"manifest\":1,\"format\":\"x\",\"files\":[],\"tensors\":[{\"shape\":[],\"key\":\"a\",\"dtype\":\"int8\",\"sha256\":\"zz\"}]}", "64 hexadecimal")]
    [InlineData("{\"manifest\":1,\"format\":\"x\",\"files\":[],\"tensors\":[]} ,", "broken manifest")]
    public void RefusesWhatIsNoManifest(string text, string part)
    {
        using var file = MutatedFile.With(Encoding.UTF8.GetBytes(text));

        var error = Assert.Throws<CheckpointException>(() => CheckpointManifest.Read(file.Path));

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RefusesAManifestThatNamesAFileTwice()
    {
        string hash = new('0', 64);
        var manifest = new CheckpointManifest { Format = "x", Files = [new("a", 1, hash), new("a", 2, hash)], Tensors = [] };
        using var file = MutatedFile.With([]);
        manifest.Write(file.Path);

        Assert.Contains("twice", Assert.Throws<CheckpointException>(() => CheckpointManifest.Read(file.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ACheckpointIsNoManifest()
    {
        using var file = MutatedFile.With(Builders.SafetensorsBytes.One("a", 1));

        Assert.Contains("broken manifest", Assert.Throws<CheckpointException>(() => CheckpointManifest.Read(file.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AManifestThatIsNotThereIsNotFound()
    {
        string path = Path.Combine(Path.GetTempPath(), $"lowmem-{Guid.NewGuid():N}");

        Assert.Equal(CheckpointErrorIds.NotFound, Assert.Throws<CheckpointException>(() => CheckpointManifest.Read(path)).ErrorId);
    }

    [Fact]
    public void ADirectoryIsNoManifest() =>
        Assert.Equal(
            CheckpointErrorIds.AccessDenied, Assert.Throws<CheckpointException>(() => CheckpointManifest.Read(Path.GetTempPath())).ErrorId);
}
