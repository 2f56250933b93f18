using System.Security.Cryptography;
using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Tests.Fixtures;

/// <summary>Every fixture, compared with what real PyTorch holds after loading it: not only shapes, every bit.</summary>
public sealed class FixtureTests
{
    /// <summary>Faults of single tensors: the file opens, the tensor is listed and unreadable, a finding says why.</summary>
    private static readonly Dictionary<string, string> TensorFaults = new()
    {
        ["bad-storage-missing"] = FindingCodes.StorageMissing,
        ["bad-storage-shorter-than-tensor"] = FindingCodes.StorageSizeMismatch,
        ["bad-tensor-outside-storage"] = FindingCodes.TensorOutOfBounds,
    };

    private static readonly CancellationToken None = CancellationToken.None;

    public static TheoryData<string> Readable => [.. FixtureFiles.Names.Where(name => !IsFaulty(name))];

    public static TheoryData<string> Faulty => [.. FixtureFiles.Names.Where(IsFaulty)];

    [Theory]
    [MemberData(nameof(Readable))]
    public void ListsTheTensorsThatPyTorchHolds(string name)
    {
        var expected = FixtureFiles.Expectation(name).GetProperty("tensors").EnumerateArray().ToList();

        var checkpoint = Checkpoint.Open(FixtureFiles.PathOf(name), None);

        Assert.Equal(expected.Select(tensor => KeyOf(tensor)), checkpoint.Tensors.Select(tensor => tensor.Key));
        foreach (var (want, tensor) in expected.Zip(checkpoint.Tensors))
        {
            Assert.Equal(want.GetProperty("dtype").GetString(), tensor.DType);
            Assert.Equal(Longs(want, "shape"), tensor.Shape);
            Assert.Equal(want.TryGetProperty("layout", out var layout) ? layout.GetString() : "strided", tensor.Layout);
            if (tensor.Layout != "strided")
            {
                continue;
            }

            Assert.Equal(Longs(want, "stride"), tensor.Stride);
            Assert.Equal(want.GetProperty("is_contiguous").GetBoolean(), tensor.IsContiguous);
            Assert.Equal(want.GetProperty("requires_grad").GetBoolean(), tensor.RequiresGrad);
            if (tensor.Format != CheckpointFormats.Safetensors && want.TryGetProperty("storage_key", out var key))
            {
                Assert.Equal(key.GetString(), tensor.StorageKey);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Readable))]
    public void ReadsTheValuesThatPyTorchHolds(string name)
    {
        var expected = FixtureFiles.Expectation(name).GetProperty("tensors").EnumerateArray().ToDictionary(KeyOf);
        using var reader = new TensorDataReader();

        foreach (var tensor in Checkpoint.Open(FixtureFiles.PathOf(name), None).Tensors.Where(tensor => tensor.UnreadableReason is null))
        {
            var bytes = new byte[tensor.ByteLength];
            reader.Read(tensor, 0, bytes, None);

            string want = expected[tensor.Key].GetProperty("sha256").GetString()!;
            Assert.True(want == Convert.ToHexStringLower(SHA256.HashData(bytes)), $"{tensor.Key}: {Convert.ToHexString(bytes.AsSpan(0, Math.Min(64, bytes.Length)))}");
        }
    }

    [Theory]
    [MemberData(nameof(Readable))]
    public void ReadsTheSameBytesWhereverABlockBegins(string name)
    {
        using var reader = new TensorDataReader();
        foreach (var tensor in Checkpoint.Open(FixtureFiles.PathOf(name), None).Tensors.Where(tensor => tensor.UnreadableReason is null))
        {
            var whole = new byte[tensor.ByteLength];
            reader.Read(tensor, 0, whole, None);
            int size = Math.Max(1, DType.Get(tensor.DType).ByteSize);
            var element = new byte[size];
            for (long place = 0; place < tensor.ByteLength; place += Math.Max(size, tensor.ByteLength / size / 7 * size))
            {
                reader.Read(tensor, place, element, None);
                Assert.Equal(whole.AsSpan((int)place, size).ToArray(), element);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Readable))]
    public void NamesTheReasonOfEveryTensorItCannotRead(string name)
    {
        foreach (var want in FixtureFiles.Expectation(name).GetProperty("tensors").EnumerateArray())
        {
            bool unreadable = want.TryGetProperty("unreadable", out _)
                || want.TryGetProperty("layout", out _)
                || (want.TryGetProperty("device", out var device) && device.GetString() == "meta");
            var tensor = Checkpoint.Open(FixtureFiles.PathOf(name), None).Tensors.First(tensor => tensor.Key == KeyOf(want));
            if (unreadable)
            {
                Assert.NotNull(tensor.UnreadableReason);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Readable))]
    public void ReportsTheUnsafeGlobalsAndNoOthers(string name)
    {
        var expectation = FixtureFiles.Expectation(name);
        string[] expected = expectation.TryGetProperty("unsafe_globals", out var named)
            ? [.. named.EnumerateArray().Select(item => item.GetString()!)]
            : [];

        var checkpoint = Checkpoint.Open(FixtureFiles.PathOf(name), None);

        Assert.Equal(expected, checkpoint.UnsafeGlobals);
        Assert.Equal(
            expected.Length, checkpoint.Findings.Count(finding => finding.Code == FindingCodes.UnsafeGlobal));
    }

    [Theory]
    [MemberData(nameof(Readable))]
    public void ReadsTheMetadata(string name)
    {
        if (FixtureFiles.Expectation(name).TryGetProperty("metadata", out var expected))
        {
            var checkpoint = Checkpoint.Open(FixtureFiles.PathOf(name), None);
            Assert.Equal(
                expected.EnumerateObject().Select(item => (item.Name, Text(item.Value))),
                checkpoint.Metadata.Select(item => (item.Key, item.Value)));
        }
    }

    [Theory]
    [MemberData(nameof(Faulty))]
    public void ReportsWhatIsWrong(string name)
    {
        string id = FixtureFiles.Expectation(name).GetProperty("error").GetString()!;
        if (TensorFaults.TryGetValue(name, out string? code))
        {
            var checkpoint = Checkpoint.Open(FixtureFiles.PathOf(name), None);
            var finding = Assert.Single(checkpoint.Findings, finding => finding.Severity == FindingSeverity.Error);
            Assert.Equal(code, finding.Code);
            var tensor = checkpoint.Tensors.Single(tensor => tensor.Key == finding.Key);
            Assert.NotNull(tensor.UnreadableReason);
            Assert.Equal(-1, tensor.Offset);
            return;
        }

        var error = Assert.Throws<CheckpointException>(() => Checkpoint.Open(FixtureFiles.PathOf(name), None));
        Assert.Equal(id, error.ErrorId);
        Assert.Contains(FixtureFiles.PathOf(name), error.Message, StringComparison.Ordinal);
    }

    private static bool IsFaulty(string name) => FixtureFiles.Expectation(name).TryGetProperty("error", out _);

    /// <summary>The expectations call a root tensor by no name; we give it one that can be typed.</summary>
    private static string KeyOf(JsonElement tensor) =>
        tensor.GetProperty("key").GetString() is { Length: > 0 } key ? key : "(root)";

    private static string Text(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private static long[] Longs(JsonElement tensor, string name) =>
        [.. tensor.GetProperty(name).EnumerateArray().Select(item => item.GetInt64())];
}
