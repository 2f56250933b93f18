using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Sources.Http;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Sources.Http;

/// <summary>Every reader reads from a web server what it reads from a disk.</summary>
public sealed class RemoteReadingTests : RemoteFixture
{
    /// <summary>What is a file of its own, or an index of shards beside it.</summary>
    public static TheoryData<string> Names =>
    [
        .. FixtureFiles.Names.Where(name => File.Exists(FixtureFiles.PathOf(name))),
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public void ListsTheSameAsFromTheDisk(string name)
    {
        string path = FixtureFiles.PathOf(name);
        string uri = Server.Add("/" + Path.GetFileName(path), File.ReadAllBytes(path));

        Assert.Equal(Describe(CheckpointLocation.Local, path, path), Describe(RemoteLocation.Create(uri, Options(readsAll: true)), uri, uri));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void AListOfALittleListsTheSameTensors(string name)
    {
        string path = FixtureFiles.PathOf(name);
        string uri = Server.Add("/" + Path.GetFileName(path), File.ReadAllBytes(path));

        Assert.Equal(Tensors(CheckpointLocation.Local, path), Tensors(RemoteLocation.Create(uri, Options()), uri));
    }

    /// <summary>A header that ends where what is fetched first ends, or a byte in front of it or behind.</summary>
    [Theory]
    [InlineData(512)]
    [InlineData(32 << 10)]
    [InlineData(100_000)]
    public void AHeaderMayEndWhereARequestDoes(int end)
    {
        foreach (int headerLength in Enumerable.Range(end - 9, 12))
        {
            string header = """{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""".PadRight(headerLength);
            string uri = Server.Add($"/{headerLength}.safetensors", Builders.SafetensorsBytes.File(header, 1, 2, 3, 4));

            Assert.Equal(headerLength + 8, Open(uri).Tensors.Single().Offset);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void VerifiesTheSameAsOnTheDisk(string name)
    {
        string path = FixtureFiles.PathOf(name);
        string uri = Server.Add("/" + Path.GetFileName(path), File.ReadAllBytes(path));

        Assert.Equal(Verify(CheckpointLocation.Local, path), Verify(RemoteLocation.Create(uri, Options(readsAll: true)), uri));
    }

    [Theory]
    [InlineData("sharded-safetensors", "model.safetensors.index.json")]
    [InlineData("sharded-bin", "pytorch_model.bin.index.json")]
    [InlineData("dcp", ".metadata")]
    public void ListsFilesThatBelongTogetherByOneOfThemAndByTheirDirectory(string name, string index)
    {
        string path = FixtureFiles.PathOf(name);
        foreach (string file in Directory.GetFiles(path))
        {
            Server.Add("/models/" + Path.GetFileName(file), File.ReadAllBytes(file));
        }

        string expected = Tensors(CheckpointLocation.Local, path);
        Assert.Equal(expected, Tensors(RemoteLocation.Create($"{Server.Address}/models/{index}", Options()), $"{Server.Address}/models/{index}"));
        Assert.Equal(expected, Tensors(RemoteLocation.Create($"{Server.Address}/models/", Options()), $"{Server.Address}/models/"));
    }

    private static string Tensors(CheckpointLocation location, string name)
    {
        try
        {
            var checkpoint = Checkpoint.Open(location, name, Stop);
            return string.Join('\n', checkpoint.Tensors.Select(tensor =>
                $"{tensor.Key} {tensor.DType} [{string.Join(',', tensor.Shape)}] {tensor.Offset} {tensor.ByteLength} {Path.GetFileName(tensor.Path)}"));
        }
        catch (CheckpointException error)
        {
            return $"{error.ErrorId} {error.Detail}";
        }
    }

    private static string Describe(CheckpointLocation location, string name, string shown)
    {
        try
        {
            var checkpoint = Checkpoint.Open(location, name, Stop);
            return Tensors(location, name) + string.Join('\n', checkpoint.Findings) + string.Join('\n', checkpoint.Globals) + string.Join('\n', checkpoint.Metadata)
                + string.Join('\n', checkpoint.Files.Select(file => file.Length));
        }
        catch (CheckpointException error)
        {
            return $"{error.ErrorId} {error.Detail.Replace(shown, "PATH", StringComparison.Ordinal)}";
        }
    }

    private static string Verify(CheckpointLocation location, string name)
    {
        var verdict = CheckpointVerifier.Verify(name, new VerificationOptions { Level = VerificationLevel.Values, Location = location }, null, Stop);
        return $"{verdict.Format} {verdict.Passed} {verdict.TensorCount} {string.Join('\n', verdict.Findings)}";
    }
}
