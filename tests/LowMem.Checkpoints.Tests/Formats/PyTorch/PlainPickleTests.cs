using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Verification;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Formats.PyTorch;

/// <summary>Pickles of <c>pickle.dump</c>, whose storages are legacy files in bytes.</summary>
public sealed class PlainPickleTests
{
    private static readonly byte[] Elements = [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40];

    [Fact]
    public void ATensorLiesInTheFileWhereItsBytesAre()
    {
        using var file = MutatedFile.With(Pickle(("w", Vector(Load(StorageFile("9", 2, Elements))))));

        var checkpoint = file.Open();

        var tensor = Assert.Single(checkpoint.Tensors);
        Assert.Equal(("w", "float32", CheckpointFormats.Pickle), (tensor.Key, tensor.DType, tensor.Format));
        Assert.Equal(Elements, File.ReadAllBytes(file.Path).AsSpan((int)tensor.Offset, 8).ToArray());
        Assert.DoesNotContain(Verify(file), finding => finding.Code == FindingCodes.UnlistedStorage);
    }

    [Fact]
    public void StoragesOfOneAddressAreApart()
    {
        // The address of one that was freed may be that of the next.
        using var file = MutatedFile.With(Pickle(
            ("a", Vector(Load(StorageFile("9", 2, Elements)))), ("b", Vector(Load(StorageFile("9", 2, new byte[8]))))));

        var checkpoint = file.Open();

        Assert.Equal(2, checkpoint.Tensors.Select(tensor => tensor.StorageKey).Distinct().Count());
        Assert.DoesNotContain(Verify(file), finding => finding.Code is FindingCodes.StorageOverlap or FindingCodes.UnlistedStorage);
    }

    [Fact]
    public void ManyTensorsOfOneStorageReadItOnce()
    {
        // The bytes are named through the memo, so that each call is of the same object.
        const int count = 6_000;
        byte[] first = [.. LoadFunction, .. Bytes(StorageFile("9", 2, Elements)), (byte)'q', 7, 0x85, (byte)'R'];
        byte[] next = [.. LoadFunction, (byte)'h', 7, 0x85, (byte)'R'];
        var (checkpoint, error) = Cost.Open(
            Pickle([.. Enumerable.Range(0, count).Select(i => ($"{i}", Vector(i == 0 ? first : next)))]));

        Assert.Null(error);
        Assert.Equal(count, checkpoint!.Tensors.Count);
        Assert.Single(checkpoint.Tensors.Select(tensor => tensor.StorageKey).Distinct());
    }

    [Theory]
    [InlineData(3, "its storage should have 12 bytes, and 8 are left")]
    [InlineData(long.MaxValue / 8, "should have")]
    [InlineData(1, "should have 1 elements, and the bytes it is in say 2")]
    public void AStorageThatIsNotWhatItSaysIsAtFaultAndNoOther(long claimed, string message)
    {
        using var file = MutatedFile.With(Pickle(
            ("bad", Vector(Load(StorageFile("9", claimed, Elements, count: 2)))), ("good", Vector(Load(StorageFile("9", 2, Elements))))));

        var checkpoint = file.Open();

        Assert.Contains(message, checkpoint.Tensors[0].UnreadableReason, StringComparison.Ordinal);
        Assert.Null(checkpoint.Tensors[1].UnreadableReason);
        Assert.Contains(checkpoint.Findings, finding => (finding.Code, finding.Key) == (FindingCodes.StorageSizeMismatch, "bad"));
    }

    [Fact]
    public void AStorageThatNoTensorUsesIsToldOf()
    {
        // Two elements of the tensor, and a second call whose result is thrown away.
        using var file = MutatedFile.With(
            [.. Proto(3), .. Load(StorageFile("1", 2, Elements)), (byte)'0', .. Dict(("w", Vector(Load(StorageFile("2", 2, Elements))))), (byte)'.']);

        var finding = Assert.Single(Verify(file), finding => finding.Code == FindingCodes.UnlistedStorage);

        Assert.Contains("1 storage is used by no listed tensor, 8 bytes", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LegacyFilesInLegacyFilesAreNotFollowedAsStorages()
    {
        byte[] inner = StorageFile("9", 2, Elements);
        for (int depth = 0; depth < 40; depth++)
        {
            inner = LegacyBytes.File(Load(inner), ["9"]);
        }

        var (checkpoint, error) = Cost.Open(Pickle(("w", Vector(Load(inner)))));

        Assert.Null(error);
        Assert.Contains("is no storage", Assert.Single(checkpoint!.Tensors).UnreadableReason, StringComparison.Ordinal);
        Assert.Contains("torch.storage._load_from_bytes", checkpoint.Globals);
    }

    [Fact]
    public void WhatIsNamedInTheBytesIsNamed()
    {
        byte[] evil = LegacyBytes.File([.. Global("os", "system"), .. Text("true"), 0x85, (byte)'R'], ["9"]);
        using var file = MutatedFile.With(Pickle(("w", Vector(Load(evil)))));

        Assert.Contains("os.system", file.Open().UnsafeGlobals);
    }

    [Fact]
    public void APickleOfNumpyAloneHasNoStorages()
    {
        using var file = MutatedFile.With(
            [.. Proto(3), .. Dict(("a", [.. Global("numpy.core.multiarray", "scalar"), .. Tuple(Dtype(), Bytes(new byte[8])), (byte)'R'])), (byte)'.']);

        var checkpoint = file.Open();

        Assert.Empty(checkpoint.Tensors);
        Assert.Equal(0.0, checkpoint.Values["a"]);
    }

    private static byte[] LoadFunction => Global("torch.storage", "_load_from_bytes");

    private static byte[] Dtype() =>
    [
        .. Global("numpy", "dtype"), .. Tuple(Text("f8"), [0x89], [0x88]), (byte)'R',
        .. Tuple(Int(3), Text("<"), [(byte)'N'], [(byte)'N'], [(byte)'N'], Int(-1), Int(-1), Int(0)), (byte)'b',
    ];

    private static byte[] Load(byte[] file) => [.. LoadFunction, .. Bytes(file), 0x85, (byte)'R'];

    private static byte[] Vector(byte[] storage) => TensorBytes.Tensor(storage, 0, [2], [1]);

    private static byte[] StorageFile(string key, long claimed, byte[] elements, long? count = null) =>
        LegacyBytes.File(
            [.. Tuple(Text("storage"), Global("torch", "FloatStorage"), Text(key), Text("cpu"), Int(claimed), [(byte)'N']), (byte)'Q'],
            [key],
            (count ?? claimed, elements));

    private static byte[] Pickle(params (string Key, byte[] Value)[] items) => [.. Proto(3), .. Dict(items), (byte)'.'];

    private static IReadOnlyList<CheckpointFinding> Verify(MutatedFile file) =>
        CheckpointVerifier.Verify(file.Path, cancellationToken: TestContext.Current.CancellationToken).Findings;
}
