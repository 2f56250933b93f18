using System.Security.Cryptography;
using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Formats.PyTorch.Zip;
using LowMem.Checkpoints.Formats.Safetensors;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;

namespace LowMem.Checkpoints.Tests.Conversion;

/// <summary>Every fixture, converted, holds what real PyTorch holds after loading the original.</summary>
public sealed class RoundTripTests : IDisposable
{
    private readonly CheckpointDirectory directory = new();

    public static TheoryData<string> Names =>
        [.. FixtureFiles.Names.Where(name => !FixtureFiles.Expectation(name).TryGetProperty("error", out _) && !name.StartsWith("bad-", StringComparison.Ordinal))];

    public void Dispose() => directory.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void SafetensorsHoldsWhatPyTorchHolds(string name) => AssertHolds(name, "out.safetensors", type => SafetensorsDTypes.FindCode(type) is not null);

    [Theory]
    [MemberData(nameof(Names))]
    public void ShardsOfSafetensorsHoldWhatPyTorchHolds(string name) =>
        AssertHolds(name, "out.safetensors", type => SafetensorsDTypes.FindCode(type) is not null, shardSize: 64);

    [Theory]
    [MemberData(nameof(Names))]
    public void AZipHoldsWhatPyTorchHolds(string name) => AssertHolds(name, "out.pt", TorchDTypes.CanWrite);

    [Theory]
    [MemberData(nameof(Names))]
    public void ShardsOfZipsHoldWhatPyTorchHolds(string name) => AssertHolds(name, "out.pt", TorchDTypes.CanWrite, shardSize: 64);

    [Fact]
    public void EveryFileThatTorchSaveWroteOfAStateDictComesOutAsItWas()
    {
        // A state dict and nothing else: those that PyTorch 1.13 wrote.
        foreach (string name in (string[])["state-dict", "boring-model", "resnet", "dtypes"])
        {
            string source = FixtureFiles.PathOf(name);
            string output = Path.Combine(directory.Path, Path.GetFileName(source));

            Converted.Run(source, output);

            Assert.Equal(File.ReadAllBytes(source), File.ReadAllBytes(output));
        }
    }

    private void AssertHolds(string name, string output, Func<DType, bool> canHold, long? shardSize = null)
    {
        string source = FixtureFiles.PathOf(name);
        var checkpoint = Checkpoint.Open(source, TestContext.Current.CancellationToken);
        var held = checkpoint.WithoutAttributes().Tensors
            .Where(tensor => tensor is { UnreadableReason: null, Layout: "strided", Quantization: null } && canHold(DType.Get(tensor.DType)) && tensor.Key != "__metadata__")
            .ToDictionary(tensor => tensor.Key);
        var options = new ConversionOptions { Filter = new KeyChoice(held.ContainsKey), MaxShardSize = shardSize };
        if (held.Count == 0)
        {
            var error = Assert.Throws<CheckpointException>(() => Converted.Plan(source, Path.Combine(directory.Path, output), options));
            Assert.Equal(CheckpointErrorIds.ConversionUnsupported, error.ErrorId);
            return;
        }

        var report = Converted.Run(source, Path.Combine(directory.Path, output), options, new ConversionSettings { Verifies = true });

        var values = Converted.ReadAll(report.Path);
        Assert.Equal(held.Keys.Order(StringComparer.Ordinal), values.Keys.Order(StringComparer.Ordinal));
        var converted = Checkpoint.Open(report.Path, TestContext.Current.CancellationToken).Tensors.ToDictionary(tensor => tensor.Key);
        foreach (var expected in FixtureFiles.Expectation(name).GetProperty("tensors").EnumerateArray().Where(item => held.ContainsKey(item.GetProperty("key").GetString()!)))
        {
            string key = expected.GetProperty("key").GetString()!;
            Assert.Equal(expected.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(values[key])));
            Assert.Equal(held[key].DType, converted[key].DType);
            Assert.Equal(held[key].Shape, converted[key].Shape);
        }

        Assert.Equal(report.Files.Select(Path.GetFileName).Concat(report.Files.Count > 1 ? [output + ".index.json"] : []).Order(), Directory.GetFileSystemEntries(directory.Path).Select(Path.GetFileName).Order());
    }
}
