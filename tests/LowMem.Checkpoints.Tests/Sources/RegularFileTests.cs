using System.Net.Sockets;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Verification;
using static LowMem.Checkpoints.Tests.Builders.DistributedBytes;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Sources;

/// <summary>Pipes, devices, sockets and files of the kernel, wherever a file can be named: an error, and no waiting.</summary>
public sealed class RegularFileTests : IDisposable
{
    private readonly CheckpointDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void APipeIsNoCheckpoint() => AssertRefused(SpecialFiles.MakePipe(PathOf("pipe")), "a named pipe (FIFO)");

    [Fact]
    public void ALinkToAPipeIsNoCheckpoint()
    {
        SpecialFiles.MakePipe(PathOf("pipe"));
        File.CreateSymbolicLink(PathOf("model.pt"), "pipe");

        AssertRefused(PathOf("model.pt"), "a named pipe (FIFO)");
    }

    [Theory]
    [InlineData("/dev/zero", "a character device")]
    [InlineData("/dev/null", "a character device")]
    public void ADeviceIsNoCheckpoint(string path, string what)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such devices.");
        AssertRefused(path, what);
    }

    [Theory]
    [InlineData("/proc/self/mem")]
    [InlineData("/proc/self/status")]
    [InlineData("/sys/kernel/uevent_seqnum")]
    public void AFileOfTheKernelIsNoCheckpoint(string path)
    {
        Assert.SkipUnless(File.Exists(path), "This system has no such file.");
        AssertRefused(path, "a file of the kernel");
    }

    [Fact]
    public void ASocketIsNoCheckpoint()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows keeps no sockets as files of this kind.");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(PathOf("socket")));

        AssertRefused(PathOf("socket"), "a socket");
    }

    [Fact]
    public void APipeAsAShardIsAFindingAndTheOthersAreListed()
    {
        directory.Write("1.safetensors", SafetensorsBytes.One("a", 1));
        SpecialFiles.MakePipe(PathOf("2.safetensors"));
        directory.WriteIndex("""{"weight_map":{"a":"1.safetensors","b":"2.safetensors"}}""");

        var checkpoint = directory.Open();

        Assert.Equal("a", Assert.Single(checkpoint.Tensors).Key);
        AssertFinding(checkpoint, "shard '2.safetensors' cannot be read: this is a named pipe (FIFO)");
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("model.safetensors.index.json")]
    [InlineData(".metadata")]
    public void APipeInADirectoryIsNoCheckpoint(string name)
    {
        SpecialFiles.MakePipe(PathOf(name));

        var error = Assert.Throws<CheckpointException>(directory.Open);

        Assert.Equal(CheckpointErrorIds.NotRegularFile, error.ErrorId);
        Assert.Equal(PathOf(name), error.Path);
    }

    [Fact]
    public void APipeAsAPieceOfADistributedCheckpointIsAFinding()
    {
        byte[] names = Dict(("w", Tensor([2], Chunk([0], [2]))));
        directory.Write(".metadata", Metadata(names, Places((Index("w", 0), Place("__0_0.distcp", 0, 100)))));
        SpecialFiles.MakePipe(PathOf("__0_0.distcp"));

        AssertFinding(directory.Open(), "file '__0_0.distcp' cannot be read: this is a named pipe (FIFO)");
    }

    [Fact]
    public void APipeIsNoManifest()
    {
        string pipe = SpecialFiles.MakePipe(PathOf("pipe"));

        var error = Assert.Throws<CheckpointException>(() => CheckpointManifest.Read(pipe));

        Assert.Equal(CheckpointErrorIds.NotRegularFile, error.ErrorId);
    }

    [Fact]
    public void APipeThatTakesThePlaceOfAListedFileIsAnError()
    {
        directory.Write("model.safetensors", SafetensorsBytes.One("a", 1));
        var tensor = directory.Open().Tensors[0];
        File.Delete(tensor.Path);
        SpecialFiles.MakePipe(tensor.Path);
        using var reader = new TensorDataReader();

        var error = Assert.Throws<CheckpointException>(() => reader.Read(tensor, 0, new byte[4], TestContext.Current.CancellationToken));

        Assert.Equal(CheckpointErrorIds.NotRegularFile, error.ErrorId);
    }

    [Fact]
    public void LinksThatLeadInACircleAreToldAsSuch()
    {
        File.CreateSymbolicLink(PathOf("a.pt"), "b.pt");
        File.CreateSymbolicLink(PathOf("b.pt"), "a.pt");

        var error = Assert.Throws<CheckpointException>(() => Checkpoint.Open(PathOf("a.pt"), TestContext.Current.CancellationToken));

        Assert.Equal(CheckpointErrorIds.NotFound, error.ErrorId);
        Assert.Contains("its links lead in a circle", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ALinkToNothingIsToldAsSuch()
    {
        File.CreateSymbolicLink(PathOf("a.pt"), "nothing.pt");

        var error = Assert.Throws<CheckpointException>(() => Checkpoint.Open(PathOf("a.pt"), TestContext.Current.CancellationToken));

        Assert.Equal(CheckpointErrorIds.NotFound, error.ErrorId);
        Assert.Contains("this is a link to a file that is not there", error.Message, StringComparison.Ordinal);
    }

    private string PathOf(string name) => Path.Combine(directory.Path, name);

    private static void AssertRefused(string path, string what)
    {
        var token = TestContext.Current.CancellationToken;
        foreach (var open in (Action[])[() => Checkpoint.Open(path, token), () => CheckpointVerifier.Verify(path, cancellationToken: token)])
        {
            var error = Assert.Throws<CheckpointException>(open);

            Assert.Equal(CheckpointErrorIds.NotRegularFile, error.ErrorId);
            Assert.Equal(path, error.Path);
            Assert.Contains($"this is {what}", error.Message, StringComparison.Ordinal);
        }
    }

    private static void AssertFinding(Checkpoint checkpoint, string message)
    {
        var finding = checkpoint.Findings.First(each => each.Code == CheckpointErrorIds.NotRegularFile);

        Assert.Equal(FindingSeverity.Error, finding.Severity);
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
    }
}
