using System.Text;
using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Parts;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Sources.Http;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Conversion;
using LowMem.Checkpoints.Tests.Sources.Http;
using LowMem.Checkpoints.Values.Division;
using LowMem.Checkpoints.Verification;
using LowMem.TestServer;

namespace LowMem.Checkpoints.Tests.Parts;

/// <summary>Checkpoints on a server that several machines share: each with a connection of its own, which the server counts.</summary>
public sealed class RemotePartTests : RemoteFixture, IDisposable
{
    private const int StorageLength = 1 << 20;
    private const int Count = 4;

    private static readonly VerificationOptions LevelValues = new() { Level = VerificationLevel.Values };

    private readonly CheckpointDirectory directory = new();
    private readonly List<RemoteLocation> machines = [];

    public void Dispose()
    {
        machines.ForEach(machine => machine.Dispose());
        directory.Dispose();
    }

    [Theory]
    [InlineData("/model.pt")]
    [InlineData("/model.safetensors")]
    [InlineData("/sharded/")]
    [InlineData("/sharded/model.safetensors.index.json")]
    public void VerdictsAreThoseOfOneMachineAndEachByteIsFetchedOnce(string path)
    {
        string uri = Serve(path);
        string whole = PartJob.Describe(CheckpointVerifier.Verify(uri, LevelValues with { Location = Machine(uri) }, null, Stop));
        Server.Requests.Clear();
        foreach (int part in Enumerable.Range(0, Count))
        {
            var location = Machine(uri);
            Checkpoint.Open(location, location.Name, Stop);
        }

        long listing = BytesSent();
        Server.Requests.Clear();

        var parts = RunAll(() => new VerdictOperation(LevelValues, PartJob.NoOptions) { Locate = OneMachine() }, uri);

        Assert.Equal(whole, PartJob.Describe(Assert.Single(PartJob.Join(parts))));
        Assert.All(parts, part => Assert.DoesNotContain("secret", part.Record, StringComparison.Ordinal));
        Assert.Contains(parts, part => part.Record.Contains(uri, StringComparison.Ordinal));
        long length = Server.Files.Where(file => file.Key.StartsWith(path.EndsWith("json", StringComparison.Ordinal) ? "/sharded/" : path, StringComparison.Ordinal)).Sum(file => (long)file.Value.Bytes.Length);
        Assert.InRange(BytesSent(), length, (length * 105 / 100) + listing);
    }

    [Fact]
    public void TheManifestIsThatOfOneMachine()
    {
        string uri = Serve("/sharded/");
        string one = Path.Combine(directory.Path, "one.json");
        string other = Path.Combine(directory.Path, "other.json");
        var location = Machine(uri);
        CheckpointManifest.Create(Checkpoint.Open(location, location.Name, Stop), null, Stop).Write(one);

        Assert.Single(PartJob.Join(RunAll(() => new ManifestOperation(_ => other, PartJob.NoOptions) { Locate = OneMachine() }, uri))).Manifest!.Write(other);

        Assert.Equal(File.ReadAllBytes(one), File.ReadAllBytes(other));
        Assert.Contains("\"s0.safetensors\"", File.ReadAllText(one), StringComparison.Ordinal);
    }

    [Fact]
    public void ConvertedFilesAreThoseOfOneMachine()
    {
        string uri = Serve("/model.pt");
        var options = new ConversionOptions { MaxShardSize = 2 * StorageLength };
        string one = Directory.CreateDirectory(Path.Combine(directory.Path, "one")).FullName;
        string other = Directory.CreateDirectory(Path.Combine(directory.Path, "other")).FullName;
        Converted.Run(Path.Combine(directory.Path, "model.pt"), one, options);

        var parts = RunAll(
            () => new ConversionOperation(
                task => new ConversionRequest(
                    ConversionPlan.Create(Checkpoint.Open(task.Location, task.Path, Stop), ConversionDestination.Of(other, isDirectory: true, null, task.Path), options, Stop),
                    new ConversionSettings()),
                PartJob.NoOptions)
            {
                Locate = OneMachine(),
            },
            uri);
        Assert.Single(PartJob.Join(parts)).Conversion!.Run(replaces: false, TestContext.Current.CancellationToken);

        Assert.Equal(Directory.GetFiles(one).Select(File.ReadAllBytes), Directory.GetFiles(other).Select(File.ReadAllBytes));
    }

    [Fact]
    public void AFileThatChangedBetweenPartsIsNamed()
    {
        string uri = Serve("/model.pt");
        var parts = new List<CheckpointPart> { Run(1, uri), Run(3, uri), Run(4, uri) };
        Server.Files["/model.pt"] = Server.Files["/model.pt"] with { Tag = "\"v2\"" };
        parts.Add(Run(2, uri));

        var error = Assert.Throws<CheckpointException>(() => PartJob.Join(parts));

        Assert.Equal(CheckpointErrorIds.PartsNotWhole, error.ErrorId);
        Assert.Contains($"2/4 read another version of '{uri}'", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Each machine may have an address of its own to the same file: what is signed in it says nothing of the file.</summary>
    [Fact]
    public void AListOfAddressesIsSharedWhateverTheirSignaturesAre()
    {
        string[] uris = [.. Enumerable.Range(0, 9).Select(i => Server.Add($"/list/m{i}%20.safetensors", SafetensorsBytes.One($"w{i}", [.. Enumerable.Range(0, 1000 + (i * 100)).Select(number => (float)number)])))];
        foreach (string path in Server.Files.Keys.ToList())
        {
            Server.Files[Uri.UnescapeDataString(path)] = Server.Files[path];
        }

        var parts = Enumerable.Range(1, 3).Select(number => PartJob.Run(
            new PartNumber(number, 3), new VerdictOperation(LevelValues, PartJob.NoOptions) { Locate = name => Machine($"{name}?secret={number}") }, number == 2 ? [.. uris.Reverse()] : uris)).ToList();

        Assert.Equal(uris.Order(StringComparer.Ordinal), PartJob.Join(parts).Select(joined => joined.Verdict!.Path).Order(StringComparer.Ordinal));
        Assert.All(parts, part => Assert.DoesNotContain("secret", part.Record, StringComparison.Ordinal));
        Assert.Equal(9, parts.Sum(part => part.CheckpointCount));
    }

    [Fact]
    public void OneThatIsNotThereIsTheErrorOfOneMachine()
    {
        string uri = Server.Address + "/none.safetensors";

        var joined = Assert.Single(PartJob.Join(RunAll(() => new VerdictOperation(LevelValues, PartJob.NoOptions) { Locate = OneMachine() }, uri)));

        Assert.Equal(CheckpointErrorIds.NotFound, joined.Problem?.ErrorId);
        Assert.DoesNotContain("secret", joined.Problem?.Message, StringComparison.Ordinal);
    }

    private CheckpointPart Run(int number, string uri) =>
        PartJob.Run(new PartNumber(number, Count), new VerdictOperation(LevelValues, PartJob.NoOptions) { Locate = OneMachine() }, uri);

    private static List<CheckpointPart> RunAll(Func<PartOperation> operation, string uri) => PartJob.RunAll(Count, operation, uri);

    private Func<string, CheckpointLocation> OneMachine()
    {
        var known = new Dictionary<string, CheckpointLocation>();
        return uri => known.TryGetValue(uri, out var location) ? location : known[uri] = Machine(uri);
    }

    /// <summary>Every machine asks for itself, with a signature in the address.</summary>
    private RemoteLocation Machine(string uri)
    {
        var location = RemoteLocation.Create(uri.Contains('?', StringComparison.Ordinal) ? uri : uri + "?signature=secret", Options(readsAll: true));
        machines.Add(location);
        return location;
    }

    private long BytesSent() => Server.Requests.Sum(request => request.BytesSent);

    private string Serve(string path)
    {
        var archive = TensorBytes.Archive([.. Enumerable.Range(0, 8).Select(i => ($"layers.{i}.weight", TensorBytes.Tensor(TensorBytes.Storage($"{i}", StorageLength / 4), 0, [512, 512], [512, 1])))]);
        for (int i = 0; i < 8; i++)
        {
            archive.Add($"archive/data/{i}", Content(i));
        }

        byte[] model = archive.Build();
        directory.Write("model.pt", model);
        Server.Add("/model.pt", model);
        Server.Add("/model.safetensors", Shard(0, 8));
        var map = new List<string>();
        for (int shard = 0; shard < 4; shard++)
        {
            Server.Add($"/sharded/s{shard}.safetensors", Shard(2 * shard, 2));
            map.AddRange(Enumerable.Range(2 * shard, 2).Select(i => $"\"layers.{i}.weight\":\"s{shard}.safetensors\""));
        }

        Server.Add("/sharded/model.safetensors.index.json", Encoding.UTF8.GetBytes($$$"""{"metadata":{"total_size":8388608},"weight_map":{{{{string.Join(',', map)}}}}}"""));
        return Server.Address + path;
    }

    private static byte[] Shard(int first, int count)
    {
        var file = new SafetensorsBytes();
        for (int i = first; i < first + count; i++)
        {
            file.Add($"layers.{i}.weight", "F32", [512, 512], System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(Content(i)).ToArray());
        }

        return file.Build();
    }

    private static byte[] Content(int seed)
    {
        var random = new Random(seed);
        float[] numbers = [.. Enumerable.Range(0, StorageLength / 4).Select(_ => (float)(random.NextDouble() - 0.5))];
        numbers[seed == 4 ? 777 : 0] = seed == 4 ? float.NaN : numbers[0];
        return System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(numbers).ToArray();
    }
}
