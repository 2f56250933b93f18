using System.Buffers.Binary;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Formats;
using LowMem.Checkpoints.Values;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Containers.Zip;

/// <summary>Archives that are legal and that PyTorch does not write.</summary>
public sealed class EdgeCaseTests
{
    private static readonly byte[] Pickle = [.. Proto(2), .. Dict(("w", TensorBytes.Vector("0", 1))), (byte)'.'];

    private static readonly byte[] One = BitConverter.GetBytes(1f);

    [Theory]
    [InlineData("")]
    [InlineData("a/")]
    [InlineData("größe 🔥/")]
    [InlineData("../")]
    public void TheRootMayHaveAnyName(string root)
    {
        using var file = MutatedFile.With(new ZipBytes().Add($"{root}data.pkl", Pickle).Add($"{root}data/0", One).Build());

        AssertReads(file);
    }

    [Fact]
    public void AnEntryNameMayHave65535Bytes()
    {
        string root = new string('x', 65535 - "/data.pkl".Length);
        using var file = MutatedFile.With(new ZipBytes().Add($"{root}/data.pkl", Pickle).Add($"{root}/data/0", One).Build());

        AssertReads(file);
    }

    [Fact]
    public void EntriesOfDirectoriesAreOfNoAccount()
    {
        using var file = MutatedFile.With(
            new ZipBytes().Add("archive/", []).Add("archive/data/", []).Add("archive/data.pkl", Pickle).Add("archive/data/0", One).Build());

        AssertReads(file);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(65535)]
    public void TheArchiveMayHaveAComment(int length)
    {
        byte[] archive = ZipBytes.PyTorch(Pickle).Add("archive/data/0", One).Build();
        BinaryPrimitives.WriteUInt16LittleEndian(archive.AsSpan(archive.Length - 2), (ushort)length);
        using var file = MutatedFile.With([.. archive, .. Repeat([(byte)'c'], length)]);

        AssertReads(file);
    }

    [Fact]
    public void ACommentThatLooksLikeAnEndRecordIsNone()
    {
        // The signature in the comment has no room for a whole record behind it.
        byte[] archive = ZipBytes.PyTorch(Pickle).Add("archive/data/0", One).Build();
        BinaryPrimitives.WriteUInt16LittleEndian(archive.AsSpan(archive.Length - 2), 4);
        using var file = MutatedFile.With([.. archive, .. "PK\x05\x06"u8]);

        AssertReads(file);
    }

    [Fact]
    public void ADeflatedStorageIsReadAndHasNoPlace()
    {
        using var file = MutatedFile.With(ZipBytes.PyTorch(Pickle).AddDeflated("archive/data/0", One).Build());

        Assert.Equal(-1, AssertReads(file).Offset);
    }

    [Fact]
    public void ADeflatedStorageMayBeEmpty()
    {
        byte[] pickle = [.. Proto(2), .. Dict(("e", TensorBytes.Vector("0", 0))), (byte)'.'];
        using var file = MutatedFile.With(ZipBytes.PyTorch(pickle).AddDeflated("archive/data/0", []).Build());

        var checkpoint = file.Open();

        Assert.Equal(0, Assert.Single(checkpoint.Tensors).ByteLength);
        Assert.Empty(checkpoint.Findings);
    }

    [Fact]
    public void WhatLiesBesideTheRootIsOfNoAccount()
    {
        using var file = MutatedFile.With(
            ZipBytes.PyTorch(Pickle).Add("archive/data/0", One).Add("other/data/0", new byte[400]).Add("README", "hello"u8.ToArray()).Build());

        AssertReads(file);
    }

    private static TensorInfo AssertReads(MutatedFile file)
    {
        var checkpoint = file.Open();
        Assert.Empty(checkpoint.Findings);
        var tensor = Assert.Single(checkpoint.Tensors);
        using var reader = new TensorDataReader();
        var bytes = new byte[4];
        reader.Read(tensor, 0, bytes, TestContext.Current.CancellationToken);
        Assert.Equal(One, bytes);
        return tensor;
    }
}
