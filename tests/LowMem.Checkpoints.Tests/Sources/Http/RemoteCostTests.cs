using System.Text;
using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Tests.Sources.Http;

/// <summary>What reading from a server costs, as the server counts it: requests and bytes.</summary>
public sealed class RemoteCostTests : RemoteFixture, IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("lowmem-cost-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Theory]
    [InlineData(8)]
    [InlineData(60)]
    [InlineData(4000)]
    public void ListsShardsOfSafetensorsByTwoRequestsAndTheirHeaders(int tensors)
    {
        string[] shards = [.. Enumerable.Range(1, 5).Select(number => $"model-{number:D5}-of-00005.safetensors")];
        var map = new StringBuilder();
        var headers = new Dictionary<string, long>();
        foreach (var (number, shard) in shards.Index())
        {
            byte[] file = Shard(number, tensors);
            Server.Add("/m/" + shard, file);
            headers.Add(shard, 8 + BitConverter.ToInt64(file, 0));
            map.AppendJoin(',', Enumerable.Range(0, tensors).Select(i => $"\"layers.{number}.{i}.weight\":\"{shard}\"")).Append(',');
        }

        string uri = Server.Add("/m/model.safetensors.index.json", Encoding.UTF8.GetBytes($"{{\"weight_map\":{{{map.ToString().TrimEnd(',')}}}}}"));

        Assert.Equal(5 * tensors, Open(uri).Tensors.Count);

        foreach (string shard in shards)
        {
            Assert.InRange(CountOf("/m/" + shard), 1, 2);
            Assert.InRange(BytesOf("/m/" + shard), headers[shard], headers[shard] * 11 / 10);
        }

        Assert.InRange(CountOf("/m/model.safetensors.index.json"), 1, 2);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(600)]
    [InlineData(6000)]
    public void ListsAPyTorchArchiveByFourRequests(int tensors)
    {
        byte[] archive = Archive(tensors);
        string uri = Server.Add("/model.pt", archive);

        var checkpoint = Open(uri);

        Assert.Equal(tensors, checkpoint.Tensors.Count);
        Assert.InRange(CountOf("/model.pt"), 1, 4);
        var (directoryLength, pickleLength) = Measure(archive);
        Assert.InRange(BytesOf("/model.pt"), 1, directoryLength + pickleLength + (256 << 10));
    }

    [Fact]
    public void AListOfAnArchiveHasThePlacesThatItsHeadersSay()
    {
        byte[] archive = Archive(40);
        string path = Path.Combine(directory, "whole.pt");
        File.WriteAllBytes(path, archive);
        var local = Checkpoint.Open(path, Stop);

        var remote = Open(Server.Add("/model.pt", archive));

        Assert.Equal(local.Tensors.Select(tensor => tensor.Offset), remote.Tensors.Select(tensor => tensor.Offset));
    }

    [Theory]
    [InlineData("/model.pt")]
    [InlineData("/model.safetensors")]
    public void ReadsOneTensorByItsBytesAndALittle(string path)
    {
        string uri = Server.Add(path, path.EndsWith(".pt", StringComparison.Ordinal) ? Archive(600) : Shard(0, 600));
        var checkpoint = Open(uri);
        long before = BytesOf(path);
        var tensor = checkpoint.Tensors[300];
        byte[] values = new byte[tensor.ByteLength];
        using var reader = new TensorDataReader(checkpoint);

        reader.Read(tensor, 0, values, Stop);

        Assert.InRange(BytesOf(path) - before, values.Length, values.Length + (64 << 10));
        Assert.Equal(Server.Files[path].Bytes.AsSpan((int)tensor.Offset, values.Length).ToArray(), values);
    }

    [Fact]
    public void ReadsManyTensorsByFewRequestsAndNoByteTwice()
    {
        byte[] file = Shard(0, 2000);
        string uri = Server.Add("/model.safetensors", file);
        string local = Path.Combine(directory, "copy.safetensors");
        var checkpoint = Open(uri);
        var plan = ConversionPlan.Create(checkpoint, ConversionDestination.Of(local, false, null, uri), new ConversionOptions(), Stop);

        new ConversionRun(plan, new ConversionSettings()).Run(null, Stop);

        Assert.Equal(2000, Checkpoint.Open(local, Stop).Tensors.Count);
        Assert.InRange(CountOf("/model.safetensors"), 3, 2 + 2 + (file.Length >> 22));
        Assert.InRange(BytesOf("/model.safetensors"), file.Length, file.Length + (64 << 10));
    }

    [Fact]
    public void AConversionThatTheNetworkBrokeGoesOnWhereItWas()
    {
        byte[] file = Shard(0, 2000);
        string uri = Server.Add("/model.safetensors", file);
        var destination = ConversionDestination.Of(Path.Combine(directory, "out"), true, null, uri);
        var options = new ConversionOptions { MaxShardSize = file.Length / 5 };
        Server.Fault = (context, _) =>
        {
            bool isDown = BytesOf("/model.safetensors") > file.Length / 2;
            context.Response.StatusCode = isDown ? 503 : 200;
            return Task.FromResult(isDown);
        };

        // In small pieces, so that the server goes down in the middle.
        var error = Assert.Throws<CheckpointException>(() => new ConversionRun(Plan(), new ConversionSettings()).Run(null, Stop));
        Assert.Equal(CheckpointErrorIds.RemoteUnavailable, error.ErrorId);
        Assert.Contains("go on with -Resume", error.Message, StringComparison.Ordinal);

        Server.Fault = null;
        long before = BytesOf("/model.safetensors");
        new ConversionRun(Plan(), new ConversionSettings { Resumes = true }).Run(null, Stop);

        Assert.Equal(2000, Checkpoint.Open(Path.Combine(directory, "out"), Stop).Tensors.Count);
        Assert.InRange(BytesOf("/model.safetensors") - before, 1, file.Length * 9 / 10);

        ConversionPlan Plan() => ConversionPlan.Create(Open(uri), destination, options, Stop);
    }

    [Fact]
    public void AnArchiveThatIsLaidOutInAnotherWayIsListedByItsHeaders()
    {
        byte[] bytes = TensorBytes.Archive([("a", TensorBytes.Vector("0", 4)), ("b", TensorBytes.Vector("1", 2))], ("0", new byte[16]), ("1", new byte[8])).Build();
        string path = Path.Combine(directory, "other.pt");
        File.WriteAllBytes(path, bytes);

        Assert.Equal(
            Checkpoint.Open(path, Stop).Tensors.Select(tensor => tensor.Offset),
            Open(Server.Add("/other.pt", bytes)).Tensors.Select(tensor => tensor.Offset));
    }

    [Fact]
    public void AHeaderThatPutsTheContentElsewhereIsSeenBeforeAByteOfItIsHandedOut()
    {
        byte[] archive = Archive(4);
        string path = Path.Combine(directory, "honest.pt");
        File.WriteAllBytes(path, archive);
        var honest = Checkpoint.Open(path, Stop).Tensors[2];

        // The field of padding one byte shorter: another reader begins the content there.
        long header = honest.Offset - 64;
        int place = archive.AsSpan((int)header).IndexOf("PK\u0003\u0004"u8) + (int)header;
        archive[place + 28]--;
        var checkpoint = Open(Server.Add("/model.pt", archive));
        using var reader = new TensorDataReader(checkpoint);

        var error = Assert.Throws<CheckpointException>(() => reader.Read(checkpoint.Tensors[2], 0, new byte[4], Stop));

        Assert.Equal("CheckpointFormatInvalid", error.ErrorId);
        Assert.Contains("has its content at", error.Message, StringComparison.Ordinal);
        reader.Read(checkpoint.Tensors[1], 0, new byte[4], Stop);
    }

    private static byte[] Shard(int number, int tensors)
    {
        const int each = 4096;
        var header = new StringBuilder("{");
        for (int i = 0; i < tensors; i++)
        {
            header.Append(i == 0 ? string.Empty : ",").Append($"\"layers.{number}.{i}.weight\":{{\"dtype\":\"F32\",\"shape\":[{each / 4}],\"data_offsets\":[{i * each},{(i + 1) * each}]}}");
        }

        byte[] data = new byte[tensors * each];
        new Random(number).NextBytes(data);
        return SafetensorsBytes.File(header.Append('}').ToString(), data);
    }

    private byte[] Archive(int tensors)
    {
        string source = Path.Combine(directory, "source.safetensors");
        string target = Path.Combine(directory, "target.pt");
        File.WriteAllBytes(source, Shard(0, tensors));
        var plan = ConversionPlan.Create(
            Checkpoint.Open(source, Stop), ConversionDestination.Of(target, false, null, source), new ConversionOptions(), Stop);
        new ConversionRun(plan, new ConversionSettings { Replaces = true }).Run(null, Stop);
        return File.ReadAllBytes(target);
    }

    private static (long Directory, long Pickle) Measure(byte[] archive)
    {
        using var zip = new System.IO.Compression.ZipArchive(new MemoryStream(archive));
        int end = archive.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        int start = archive.AsSpan().IndexOf("PK\u0001\u0002"u8);
        return (end - start, zip.Entries.Single(entry => entry.Name == "data.pkl").Length);
    }
}
