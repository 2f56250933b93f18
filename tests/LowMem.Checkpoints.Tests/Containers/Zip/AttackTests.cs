using System.Buffers.Binary;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Containers.Zip;

/// <summary>Archives that lie: about names, sizes, places, counts, and about what they unfold to.</summary>
public sealed class AttackTests
{
    private const int Million = 1 << 20;

    private static readonly byte[] Plain = [.. Proto(2), (byte)'}', .. Text("epoch"), (byte)'K', 7, (byte)'s', (byte)'.'];

    /// <summary>A tensor of one float in storage "0".</summary>
    private static readonly byte[] OneTensor = TensorPickle(1);

    [Fact]
    public void TwoEntriesOfOneNameAreReportedAndTheFirstCounts()
    {
        byte[] other = [.. Proto(2), (byte)'}', .. Text("epoch"), (byte)'K', 8, (byte)'s', (byte)'.'];

        var (checkpoint, _) = Cost.Open(ZipBytes.PyTorch(Plain).Add("archive/data.pkl", other).Build());

        Assert.Equal(7L, checkpoint!.Values["epoch"]);
        Assert.Contains(checkpoint.Findings, finding =>
            finding.Severity == FindingSeverity.Error && finding.Message.Contains("two entries named 'archive/data.pkl'", StringComparison.Ordinal));
    }

    [Fact]
    public void AnArchiveBehindAnArchiveIsAnErrorSinceReadersTakeOneOrTheOther()
    {
        // PyTorch finds the directory of the first at the offset that the end of the second names, Python that of the second.
        byte[] other = [.. Proto(2), (byte)'}', .. Text("epoch"), (byte)'K', 8, (byte)'s', (byte)'.'];
        byte[] both = [.. ZipBytes.PyTorch(Plain).Build(), .. ZipBytes.PyTorch(other).Build()];

        var (checkpoint, _) = Cost.Open(both);

        Assert.Equal(7L, checkpoint!.Values["epoch"]);
        var finding = Assert.Single(checkpoint.Findings, finding => finding.Message.Contains("readers differ in which directory", StringComparison.Ordinal));
        Assert.Equal((FindingSeverity.Error, FindingCodes.ArchiveEntryInvalid), (finding.Severity, finding.Code));
    }

    [Fact]
    public void ASecondPickleOfTheSameNameIsLookedThroughToo()
    {
        var (checkpoint, _) = Cost.Open(ZipBytes.PyTorch(Plain).Add("archive/data.pkl", Call("os", "system")).Build());

        Assert.Equal(["os.system"], checkpoint!.UnsafeGlobals);
    }

    [Fact]
    public void ANameThatDiffersInTheLocalHeaderIsRefused()
    {
        var archive = new ZipBytes().Add(new ZipBytes.Record("archive/data.pkl", Plain, (uint)Plain.Length, 0) { LocalName = "archive/evil.pkl" });

        var (_, error) = Cost.Open(archive.Build());

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error!.ErrorId);
        Assert.Contains("another name in its local header", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnEncryptedEntryIsRefused()
    {
        var (_, error) = Cost.Open(new ZipBytes().Add(new ZipBytes.Record("archive/data.pkl", Plain, (uint)Plain.Length, 0) { Flags = 1 }).Build());

        Assert.Equal(CheckpointErrorIds.Unsupported, error!.ErrorId);
        Assert.Contains("is encrypted", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1u << 20)]
    [InlineData(uint.MaxValue - 1)]
    public void AStoredEntryThatClaimsMoreThanThereIsIsRefused(uint length)
    {
        var archive = new ZipBytes().Add(new ZipBytes.Record("archive/data.pkl", Plain, length, 0) { CompressedLength = length });

        var (_, error) = Cost.Open(archive.Build(), maxAllocated: Million);

        Assert.NotNull(error);
        Assert.Contains("archive/data.pkl", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AStoredEntryWithTwoSizesIsRefused()
    {
        var (_, error) = Cost.Open(new ZipBytes().Add(new ZipBytes.Record("archive/data.pkl", Plain, (uint)Plain.Length + 5, 0)).Build());

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error!.ErrorId);
        Assert.Contains("two sizes differ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5, "unfolds to more than")]
    [InlineData(-5, "less than")]
    public void ADeflatedEntryOfAnotherLengthThanItClaimsIsRefused(int missing, string message)
    {
        var (_, error) = Cost.Open(
            new ZipBytes().Add(new ZipBytes.Record("archive/data.pkl", ZipBytes.Deflate(Plain), (uint)(Plain.Length - missing), 8)).Build());

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error!.ErrorId);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AClaimThatDeflateCannotKeepIsRefusedBeforeItCostsAnything()
    {
        var (_, error) = Cost.Open(
            new ZipBytes().Add(new ZipBytes.Record("archive/data.pkl", ZipBytes.Deflate(Plain), 10 << 20, 8)).Build(), maxAllocated: Million);

        Assert.Contains("claims to unfold", error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AMethodThatIsNotKnownIsUnsupported()
    {
        var (_, error) = Cost.Open(new ZipBytes().Add(new ZipBytes.Record("archive/data.pkl", Plain, (uint)Plain.Length, 93)).Build());

        Assert.Equal(CheckpointErrorIds.Unsupported, error!.ErrorId);
        Assert.Contains("method 93", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void APickleThatIsABombIsRefused()
    {
        byte[] pickle = new byte[900 << 20 >> 4];
        var (_, error) = Cost.Open(new ZipBytes().AddDeflated("archive/data.pkl", pickle).Build(), maxAllocated: 2 * Million);

        Assert.Equal(CheckpointErrorIds.Unsupported, error!.ErrorId);
        Assert.Contains("more than the", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AStorageThatIsABombIsListedAndCannotBeRead()
    {
        const int elements = 25_000_000;
        var (checkpoint, _) = Cost.Open(
            ZipBytes.PyTorch(TensorPickle(elements)).AddDeflated("archive/data/0", new byte[4 * elements]).Build(), maxAllocated: 2 * Million);

        var tensor = Assert.Single(checkpoint!.Tensors);
        Assert.Contains("too much to read", tensor.UnreadableReason, StringComparison.Ordinal);
        Assert.Equal(-1, tensor.Offset);
    }

    [Fact]
    public void ManyEntriesThatShareOneBombCostNoMoreThanOne()
    {
        byte[] packed = ZipBytes.Deflate(new byte[8 << 20]);
        var many = ZipBytes.PyTorch(Plain).AddDeflated("archive/0.pkl", new byte[8 << 20]);
        uint place = many.HeaderOffset("archive/0.pkl");
        for (int i = 1; i < 5000; i++)
        {
            many.AddDirectoryEntry(new ZipBytes.Record("archive/0.pkl", packed, 8 << 20, 8) { HeaderOffset = place });
        }

        var (checkpoint, _) = Cost.Open(many.Build(), maxAllocated: 128 << 20);

        Assert.Equal(7L, checkpoint!.Values["epoch"]);
        Assert.Contains(checkpoint.Findings, finding => finding.Code == FindingCodes.HiddenPickles);
    }

    [Fact]
    public void EntriesThatOverlapAreReported()
    {
        var archive = ZipBytes.PyTorch(OneTensor).Add("archive/data/0", new byte[4]);
        archive.AddDirectoryEntry(new ZipBytes.Record("archive/data/1", new byte[4], 4, 0) { HeaderOffset = archive.HeaderOffset("archive/data/0") });

        var (checkpoint, _) = Cost.Open(archive.Build());

        Assert.Contains(checkpoint!.Findings, finding =>
            finding is { Severity: FindingSeverity.Error, Code: FindingCodes.ArchiveEntryInvalid }
            && finding.Message.Contains("overlap", StringComparison.Ordinal));
        Assert.Null(Assert.Single(checkpoint.Tensors).UnreadableReason);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void FewerEntriesThanTheDirectoryHoldsAreReported(int count)
    {
        var (checkpoint, error) = Cost.Open(ZipBytes.PyTorch(Plain).Build(count));

        // The first entry is all there is of the checkpoint; none at all is no archive.
        Assert.Equal(count == 0, error is not null);
        Assert.True(checkpoint is null || checkpoint.Findings.Any(finding => finding.Code == FindingCodes.ArchiveEntryInvalid));
    }

    [Fact]
    public void MoreEntriesThanTheDirectoryHoldsAreRefused()
    {
        var (_, error) = Cost.Open(ZipBytes.PyTorch(Plain).Build(60_000), maxAllocated: 2 * Million);

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error!.ErrorId);
        Assert.Contains("60000 entries", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OneBadStorageDoesNotHideTheOthers()
    {
        byte[] pickle = [.. Proto(2), (byte)'}', (byte)'(', .. Text("bad"), .. TensorBytes.Vector("0", 1), .. Text("good"), .. TensorBytes.Vector("1", 1), (byte)'u', (byte)'.'];
        var archive = ZipBytes.PyTorch(pickle)
            .Add(new ZipBytes.Record("archive/data/0", new byte[4], 4, 0) { LocalName = "archive/data/9" })
            .Add("archive/data/1", new byte[4]);

        var (checkpoint, _) = Cost.Open(archive.Build());

        Assert.Equal(["bad", "good"], checkpoint!.Tensors.Select(tensor => tensor.Key));
        Assert.NotNull(checkpoint.Tensors[0].UnreadableReason);
        Assert.Null(checkpoint.Tensors[1].UnreadableReason);
    }

    [Fact]
    public void JunkBehindTheArchiveIsAWarning()
    {
        var (checkpoint, _) = Cost.Open([.. ZipBytes.PyTorch(Plain).Build(), 1, 2, 3]);

        var finding = Assert.Single(checkpoint!.Findings, finding => finding.Code == FindingCodes.TrailingBytes);
        Assert.Equal(FindingSeverity.Warning, finding.Severity);
        Assert.Contains("3 bytes", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AHeaderOutsideTheFileIsRefused()
    {
        byte[] archive = new ZipBytes().Add("archive/data.pkl", Plain).Build();
        int entry = archive.AsSpan().IndexOf("PK\x01\x02"u8);
        BinaryPrimitives.WriteUInt32LittleEndian(archive.AsSpan(entry + 42), 0x7fffffff);

        var (_, error) = Cost.Open(archive);

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error!.ErrorId);
        Assert.Contains("outside the archive's content", error.Message, StringComparison.Ordinal);
    }

    private static byte[] TensorPickle(int elements) => [.. Proto(2), .. TensorBytes.Vector("0", elements), (byte)'.'];
}
