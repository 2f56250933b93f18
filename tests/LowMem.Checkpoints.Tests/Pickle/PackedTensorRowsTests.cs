using System.Globalization;
using System.IO.Compression;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Tests.Fixtures;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Pickle;

/// <summary>
/// Entries of a state dict that are read in one go say what they say when they are read one opcode at a time, which is
/// what happens where it is not known what the memo is asked for.
/// </summary>
public sealed class PackedTensorRowsTests
{
    private const byte Rebuild = 0;
    private const byte Storage = 1;
    private const byte StorageClass = 2;
    private const byte Location = 3;
    private const byte Hooks = 4;
    private const byte FirstFree = 5;
    private const int Enough = 20;

    private static readonly byte[] Rows = [.. Enumerable.Range(0, Enough).SelectMany(i => Row($"key.{i}", $"{i}"))];

    private static readonly Dictionary<string, (byte[] Entries, bool IsPacked)> Cases = new(StringComparer.Ordinal)
    {
        ["plain"] = ([.. Rows, (byte)'u'], true),
        ["too few"] = ([.. Row("key", "0"), (byte)'u'], false),
        ["none"] = ([(byte)'u'], false),
        ["another value among them"] = ([.. Rows, .. Text("epoch"), (byte)'K', 3, (byte)'u'], false),
        ["a key that is no text"] = ([.. Rows, (byte)'K', 1, .. Row("x", "1")[6..], (byte)'u'], false),
        ["thrown away"] = ([.. Rows, (byte)'1'], false),
        ["no value for the last key"] = ([.. Rows, .. Text("last"), (byte)'u'], false),
        ["a frame between"] = ([.. Rows, 0x95, .. Number(Row("x", "1").Length + 2), .. Row("x", "1"), (byte)'u'], true),
        ["frames one behind the other"] = ([.. Rows, .. Framed(Row("x", "1")), .. Framed(Row("y", "1")), (byte)'u'], true),
        ["a frame that ends inside a row"] = ([.. Rows, .. Framed(Row("x", "1")[..8]), .. Row("x", "1")[8..], (byte)'u'], true),
        ["a frame that ends inside a key"] = ([.. Rows, 0x95, .. Number(3), .. Row("x", "1"), (byte)'u'], false),
        ["a frame that ends inside a number of the memo"] = ([.. Rows, 0x95, .. Number(7), .. Row("x", "1"), (byte)'u'], false),
        ["a frame in a frame"] = ([.. Rows, .. Framed([.. Framed(Row("x", "1")), .. Row("y", "1")]), (byte)'u'], false),
        ["a frame longer than the rest"] = ([.. Rows, 0x95, .. Number(1000), .. Row("x", "1"), (byte)'u'], false),
        ["empty frames"] = ([.. Rows, .. Repeat(Framed([]), 3), .. Row("x", "1"), (byte)'u'], false),
        ["a frame that ends in front of the STOP"] = ([.. Rows, 0x95, .. Number(Row("x", "1").Length + 1), .. Row("x", "1"), (byte)'u'], true),
        ["a key beyond ASCII"] = ([.. Rows, .. Row("größe", "1"), (byte)'u'], false),
        ["a key of two lines"] = ([.. Rows, .. Row("a\nb", "1"), (byte)'u'], false),
        ["an empty key"] = ([.. Rows, .. Row(string.Empty, "1"), (byte)'u'], false),
        ["a long key"] = ([.. Rows, .. Row(new string('k', 5000), "1"), (byte)'u'], false),
        ["a key of the longest kind"] = ([.. Rows, .. Row(new string('k', 4096), "1"), (byte)'u'], true),
        ["a storage that is no number"] = ([.. Rows, .. Row("x", "one"), (byte)'u'], false),
        ["a storage with a zero in front"] = ([.. Rows, .. Row("x", "01"), (byte)'u'], false),
        ["a storage of many digits"] = ([.. Rows, .. Row("x", new string('9', 30)), (byte)'u'], false),
        ["no dimension"] = ([.. Rows, .. Row("x", "1", [(byte)')'], [(byte)')']), (byte)'u'], true),
        ["five dimensions"] = ([.. Rows, .. Row("x", "1", Small(1, 2, 3, 4, 5), Small(9, 8, 7, 6, 5)), (byte)'u'], true),
        ["more dimensions than any model has"] = ([.. Rows, .. Row("x", "1", Small([.. new byte[17]]), Small([.. new byte[17]])), (byte)'u'], false),
        ["a tuple of another length"] = ([.. Rows, .. Row("x", "1", [(byte)'K', 1, 0x86], Small(1)), (byte)'u'], false),
        ["a negative size"] = ([.. Rows, .. Row("x", "1", [(byte)'J', 255, 255, 255, 255, 0x85], Small(1)), (byte)'u'], false),
        ["large numbers"] = ([.. Rows, .. Row("x", "1", [(byte)'M', 0, 1, (byte)'J', 0, 0, 1, 0, 0x86], [0x8a, 5, 0, 0, 0, 0, 1, (byte)'K', 1, 0x86]), (byte)'u'], true),
        ["a number beyond 64 bits"] = ([.. Rows, .. Row("x", "1", [0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x85], Small(1)), (byte)'u'], false),
        ["an empty integer"] = ([.. Rows, .. Row("x", "1", [0x8a, 0, 0x85], Small(1)), (byte)'u'], true),
        ["something put into the memo"] = ([.. Rows, .. Text("x"), (byte)'q', FirstFree, .. Row("x", "1")[6..], (byte)'u'], true),
        ["put out of order"] = ([.. Rows, .. Text("x"), (byte)'q', FirstFree + 1, .. Row("x", "1")[6..], (byte)'u'], false),
        ["put over what is used"] = ([.. Rows, .. Text("x"), (byte)'q', Rebuild, .. Row("x", "1")[6..], (byte)'u'], false),
        ["a key that is fetched later"] = ([.. Rows, .. Text("x"), 0x94, .. Row("x", "1")[6..], (byte)'u', (byte)'h', FirstFree, 0x86], true),
        ["a key of before"] = ([.. Rows, (byte)'h', Location, .. Row("x", "1")[6..], (byte)'u'], true),
        ["a key of before that is no text"] = ([.. Rows, (byte)'h', Hooks, .. Row("x", "1")[6..], (byte)'u'], false),
        ["a storage of before"] = ([.. Rows, .. Row("x", "1")[..14], (byte)'X', 1, 0, 0, 0, (byte)'7', (byte)'q', FirstFree, .. Row("x", "1")[20..], .. Row("y", "1")[..14], (byte)'h', FirstFree, .. Row("y", "1")[20..], (byte)'u'], true),
        ["a tensor that is fetched later"] = ([.. Rows, .. Row("x", "1"), (byte)'q', FirstFree, (byte)'u', (byte)'h', FirstFree, 0x86], false),
        ["something fetched that was never put"] = ([.. Rows, (byte)'u', (byte)'h', 200, 0x86], false),
        ["a second batch"] = ([.. Rows, (byte)'u', (byte)'(', .. Rows, (byte)'u', .. Text("lr"), (byte)'K', 1, (byte)'s'], true),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void SaysTheSameAsTheNodes(string name)
    {
        var (entries, isPacked) = Cases[name];
        byte[] pickle = [.. Prelude(), (byte)'}', (byte)'(', .. entries, (byte)'.'];

        var packed = Read(pickle);
        Assert.Equal(isPacked, RowsIn(packed.Root).Any());
        AssertSame(pickle, packed);
    }

    [Fact]
    public void SaysTheSameWhereverItIsCut()
    {
        byte[] pickle = [.. Prelude(), (byte)'}', (byte)'(', .. Rows, (byte)'u', (byte)'.'];
        for (int length = 0; length < pickle.Length; length++)
        {
            AssertSame(pickle[..length], Read(pickle[..length]));
        }
    }

    [Fact]
    public void SaysTheSameWhateverByteIsChanged()
    {
        byte[] pickle = [.. Prelude(), (byte)'}', (byte)'(', .. Rows, (byte)'u', (byte)'.'];
        for (int place = Prelude().Length; place < pickle.Length; place++)
        {
            for (int bit = 1; bit < 256; bit <<= 1)
            {
                byte[] changed = [.. pickle];
                changed[place] ^= (byte)bit;
                AssertSame(changed, Read(changed));
            }
        }
    }

    [Fact]
    public void GoesIntoADictThatWasMadeByACall()
    {
        byte[] pickle = [.. Prelude(), (byte)'h', Hooks, (byte)')', (byte)'R', (byte)'(', .. Rows, (byte)'u', (byte)'.'];

        var result = Read(pickle);

        Assert.Single(Assert.IsAssignableFrom<PickleObject>(result.Root).Mapping!.Parts);
        AssertSame(pickle, result);
    }

    [Theory]
    [InlineData("moving-average")]
    [InlineData("moving-average-protocol-5")]
    public void IsWhatPyTorchWrites(string fixture)
    {
        byte[] pickle = ReadPickle(FixtureFiles.PathOf(fixture));

        var result = Read(pickle);

        foreach (string name in (string[])["ema", "swa"])
        {
            var dict = Assert.IsAssignableFrom<PickleObject>(((PickleMapping)result.Root).Find(name)).Mapping!;
            Assert.Equal(31, Assert.Single(RowsIn(dict)).Count);
        }

        AssertSame(pickle, result);
    }

    private static IEnumerable<PackedTensorRows> RowsIn(PickleNode node) =>
        (node switch
        {
            PickleMapping mapping => mapping,
            PickleSequence { Count: > 0 } pair => pair[0] as PickleMapping,
            _ => null,
        })?.Parts.Select(part => part.Key).OfType<PackedTensorRows>() ?? [];

    private static void AssertSame(byte[] pickle, PickleResult packed)
    {
        var plain = PickleMachine.Read(pickle, Source, TestContext.Current.CancellationToken);
        Assert.Equal(plain.Error?.Message, packed.Error?.Message);
        Assert.Equal(plain.ByteLength, packed.ByteLength);
        Assert.Equal(plain.Globals.Select(global => global.FullName), packed.Globals.Select(global => global.FullName));
        Assert.Equal(plain.Payloads.Select(payload => payload.Value), packed.Payloads.Select(payload => payload.Value));
        Assert.Equal(Describe(plain.Root), Describe(packed.Root));
    }

    private static string Describe(PickleNode node) => node switch
    {
        PickleScalar scalar => Convert.ToString(scalar.Value, CultureInfo.InvariantCulture) ?? "None",
        PickleGlobal global => global.FullName,
        PicklePersistentId id => $"id {Describe(id.Id)}",
        PickleSequence sequence => $"{sequence.Kind}({string.Join(", ", sequence.Items.Select(Describe))})",
        PickleMapping mapping => $"{{{string.Join(", ", mapping.Entries.Select(entry => $"{Describe(entry.Key)}: {Describe(entry.Value)}"))}}}",
        PickleObject made => $"{Describe(made.Callable)}{Describe(made.Arguments)}{(made.Mapping is { } entries ? Describe(entries) : null)}",
        _ => node.GetType().Name,
    };

    private static PickleSource Source { get; } = new("test.pkl", "data.pkl", 0, PickleSource.BudgetFor(1 << 20));

    private static PickleResult Read(byte[] pickle)
    {
        var uses = PickleMemoUses.Find(new MemoryPickleInput(pickle), Source, TestContext.Current.CancellationToken);
        return PickleMachine.Read(
            new MemoryPickleInput(pickle), Source, persistentLoader: null, TestContext.Current.CancellationToken, uses);
    }

    private static byte[] ReadPickle(string path)
    {
        using var archive = ZipFile.OpenRead(path);
        using var content = archive.Entries.Single(entry => entry.Name == "data.pkl").Open();
        using var bytes = new MemoryStream();
        content.CopyTo(bytes);
        return bytes.ToArray();
    }

    /// <summary>Puts the names into the memo that every row fetches.</summary>
    private static byte[] Prelude() =>
    [
        .. Proto(4), .. Named(Global("torch._utils", "_rebuild_tensor_v2"), Rebuild), .. Named(Text("storage"), Storage),
        .. Named(Global("torch", "FloatStorage"), StorageClass), .. Named(Text("cpu"), Location),
        .. Named(Global("collections", "OrderedDict"), Hooks),
    ];

    private static byte[] Named(byte[] value, byte index) => [.. value, (byte)'q', index, (byte)'0'];

    private static byte[] Row(string key, string storage) => Row(key, storage, Small(4), Small(1));

    private static byte[] Row(string key, string storage, byte[] shape, byte[] stride) =>
    [
        .. Text(key), (byte)'h', Rebuild, (byte)'(', (byte)'(', (byte)'h', Storage, (byte)'h', StorageClass, .. Text(storage),
        (byte)'h', Location, (byte)'K', 4, (byte)'t', (byte)'Q', (byte)'K', 0, .. shape, .. stride, 0x89,
        (byte)'h', Hooks, (byte)')', (byte)'R', (byte)'t', (byte)'R',
    ];

    private static byte[] Framed(byte[] content) => [0x95, .. Number(content.Length), .. content];

    /// <summary>A tuple of small numbers, as the pickler writes it.</summary>
    private static byte[] Small(params byte[] values)
    {
        byte[] items = [.. values.SelectMany(value => new byte[] { (byte)'K', value })];
        return values.Length <= 3 ? [.. items, (byte)(0x84 + values.Length)] : [(byte)'(', .. items, (byte)'t'];
    }
}
