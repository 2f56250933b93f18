using System.Globalization;
using System.IO.Compression;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Tests.Fixtures;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Formats.PyTorch;

/// <summary>
/// Tensors whose opcodes are read in one go say what they say when they are read one opcode at a time.
/// </summary>
public sealed class OrdinaryTensorTests
{
    private const byte Rebuild = 0;
    private const byte Storage = 1;
    private const byte StorageClass = 2;
    private const byte Location = 3;
    private const byte Hooks = 4;
    private const byte FirstFree = 5;
    private const int Enough = 20;

    private static readonly byte[] Rows = [.. Enumerable.Range(0, Enough).SelectMany(i => Row($"key.{i}", $"{i}"))];

    private static readonly Dictionary<string, (byte[] Entries, int Taken)> Cases = new(StringComparer.Ordinal)
    {
        ["plain"] = ([.. Rows, (byte)'u'], Enough),
        ["too few"] = ([.. Row("key", "0"), (byte)'u'], 1),
        ["none"] = ([(byte)'u'], 0),
        ["another value among them"] = ([.. Rows, .. Text("epoch"), (byte)'K', 3, (byte)'u'], Enough),
        ["a key that is no text"] = ([.. Rows, (byte)'K', 1, .. Row("x", "1")[6..], (byte)'u'], Enough + 1),
        ["thrown away"] = ([.. Rows, (byte)'1'], 0),
        ["no value for the last key"] = ([.. Rows, .. Text("last"), (byte)'u'], 0),
        ["a frame between"] = ([.. Rows, 0x95, .. Number(Row("x", "1").Length + 2), .. Row("x", "1"), (byte)'u'], Enough + 1),
        ["frames one behind the other"] = ([.. Rows, .. Framed(Row("x", "1")), .. Framed(Row("y", "1")), (byte)'u'], Enough + 2),
        ["a frame that ends inside a row"] = ([.. Rows, .. Framed(Row("x", "1")[..8]), .. Row("x", "1")[8..], (byte)'u'], Enough),
        ["a frame that ends inside a key"] = ([.. Rows, 0x95, .. Number(3), .. Row("x", "1"), (byte)'u'], 0),
        ["a frame that ends inside a number of the memo"] = ([.. Rows, 0x95, .. Number(7), .. Row("x", "1"), (byte)'u'], 0),
        ["a frame in a frame"] = ([.. Rows, .. Framed([.. Framed(Row("x", "1")), .. Row("y", "1")]), (byte)'u'], 0),
        ["a frame longer than the rest"] = ([.. Rows, 0x95, .. Number(1000), .. Row("x", "1"), (byte)'u'], Enough + 1),
        ["empty frames"] = ([.. Rows, .. Repeat(Framed([]), 3), .. Row("x", "1"), (byte)'u'], Enough + 1),
        ["a frame that ends in front of the STOP"] = ([.. Rows, 0x95, .. Number(Row("x", "1").Length + 1), .. Row("x", "1"), (byte)'u'], Enough + 1),
        ["a key beyond ASCII"] = ([.. Rows, .. Row("größe", "1"), (byte)'u'], Enough + 1),
        ["a key of two lines"] = ([.. Rows, .. Row("a\nb", "1"), (byte)'u'], Enough + 1),
        ["an empty key"] = ([.. Rows, .. Row(string.Empty, "1"), (byte)'u'], Enough + 1),
        ["a long key"] = ([.. Rows, .. Row(new string('k', 5000), "1"), (byte)'u'], Enough + 1),
        ["a key of the longest kind"] = ([.. Rows, .. Row(new string('k', 4096), "1"), (byte)'u'], Enough + 1),
        ["a storage that is no number"] = ([.. Rows, .. Row("x", "one"), (byte)'u'], Enough),
        ["a storage with a zero in front"] = ([.. Rows, .. Row("x", "01"), (byte)'u'], Enough),
        ["a storage of many digits"] = ([.. Rows, .. Row("x", new string('9', 30)), (byte)'u'], Enough),
        ["no dimension"] = ([.. Rows, .. Row("x", "1", [(byte)')'], [(byte)')']), (byte)'u'], Enough + 1),
        ["five dimensions"] = ([.. Rows, .. Row("x", "1", Small(1, 2, 3, 4, 5), Small(9, 8, 7, 6, 5)), (byte)'u'], Enough + 1),
        ["more dimensions than any model has"] = ([.. Rows, .. Row("x", "1", Small([.. new byte[17]]), Small([.. new byte[17]])), (byte)'u'], Enough + 1),
        ["a tuple of another length"] = ([.. Rows, .. Row("x", "1", [(byte)'K', 1, 0x86], Small(1)), (byte)'u'], Enough),
        ["a negative size"] = ([.. Rows, .. Row("x", "1", [(byte)'J', 255, 255, 255, 255, 0x85], Small(1)), (byte)'u'], Enough),
        ["large numbers"] = ([.. Rows, .. Row("x", "1", [(byte)'M', 0, 1, (byte)'J', 0, 0, 1, 0, 0x86], [0x8a, 5, 0, 0, 0, 0, 1, (byte)'K', 1, 0x86]), (byte)'u'], Enough + 1),
        ["a number beyond 64 bits"] = ([.. Rows, .. Row("x", "1", [0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x85], Small(1)), (byte)'u'], Enough),
        ["an empty integer"] = ([.. Rows, .. Row("x", "1", [0x8a, 0, 0x85], Small(1)), (byte)'u'], Enough + 1),
        ["something put into the memo"] = ([.. Rows, .. Text("x"), (byte)'q', FirstFree, .. Row("x", "1")[6..], (byte)'u'], Enough + 1),
        ["put out of order"] = ([.. Rows, .. Text("x"), (byte)'q', FirstFree + 1, .. Row("x", "1")[6..], (byte)'u'], Enough),
        ["put over what is used"] = ([.. Rows, .. Text("x"), (byte)'q', Rebuild, .. Row("x", "1")[6..], (byte)'u'], Enough),
        ["a key that is fetched later"] = ([.. Rows, .. Text("x"), 0x94, .. Row("x", "1")[6..], (byte)'u', (byte)'h', FirstFree, 0x86], Enough + 1),
        ["a key of before"] = ([.. Rows, (byte)'h', Location, .. Row("x", "1")[6..], (byte)'u'], Enough + 1),
        ["a key of before that is no text"] = ([.. Rows, (byte)'h', Hooks, .. Row("x", "1")[6..], (byte)'u'], Enough + 1),
        ["a storage of before"] = ([.. Rows, .. Row("x", "1")[..14], (byte)'X', 1, 0, 0, 0, (byte)'7', (byte)'q', FirstFree, .. Row("x", "1")[20..], .. Row("y", "1")[..14], (byte)'h', FirstFree, .. Row("y", "1")[20..], (byte)'u'], Enough + 2),
        ["a tensor that is fetched later"] = ([.. Rows, .. Row("x", "1"), (byte)'q', FirstFree, (byte)'u', (byte)'h', FirstFree, 0x86], Enough + 1),
        ["a part of a tensor that is fetched later"] = ([.. Rows, .. Row("x", "1")[..^2], (byte)'q', FirstFree, .. Row("x", "1")[^2..], (byte)'u', (byte)'h', FirstFree, 0x86], 0),
        ["more numbers than any call has"] = ([.. Rows, .. Row("x", "1", Small([.. new byte[40]]), Small([.. new byte[40]])), (byte)'u'], Enough),
        ["a mark that is put into the memo"] = ([.. Rows, .. Row("x", "1")[..9], (byte)'q', FirstFree, .. Row("x", "1")[9..], (byte)'u'], 0),
        ["something fetched that was never put"] = ([.. Rows, (byte)'u', (byte)'h', 200, 0x86], 0),
        ["a second batch"] = ([.. Rows, (byte)'u', (byte)'(', .. Rows, (byte)'u', .. Text("lr"), (byte)'K', 1, (byte)'s'], 2 * Enough),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void SaysTheSameAsTheNodes(string name)
    {
        var (entries, taken) = Cases[name];
        byte[] pickle = [.. Prelude(), (byte)'}', (byte)'(', .. entries, (byte)'.'];

        var packed = Read(pickle);
        Assert.Equal(taken, TakenIn(packed.Root));
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
    public void SaysTheSameWhereverTheBudgetEnds()
    {
        byte[] pickle = [.. Prelude(), (byte)'}', (byte)'(', .. Rows, (byte)'u', (byte)'.'];
        for (long budget = 1000; budget < 40_000; budget += 97)
        {
            var source = Source with { MemoryBudget = budget };
            var taken = PickleMachine.Read(new MemoryPickleInput(pickle), source, persistentLoader: null, TestContext.Current.CancellationToken, new OrdinaryTensorPattern());

            AssertSame(PickleMachine.Read(pickle, source, TestContext.Current.CancellationToken), taken);
        }
    }

    [Fact]
    public void TellsOfATensorThatIsChanged()
    {
        // A state behind the call: what is set on one tensor is not lost among those like it.
        byte[] pickle = [.. Prelude(), (byte)'}', (byte)'(', .. Rows, .. Row("x", "1"), .. Dict(("__setstate__", Global("os", "system"))), (byte)'b', (byte)'u', (byte)'.'];

        var result = Read(pickle);

        Assert.Equal(Enough + 1, TakenIn(result.Root));
        Assert.Single(result.Calls, call => call is OrdinaryTensorCall { IsPlain: false });
        AssertSame(pickle, result);
    }

    [Fact]
    public void GoesIntoADictThatWasMadeByACall()
    {
        byte[] pickle = [.. Prelude(), (byte)'h', Hooks, (byte)')', (byte)'R', (byte)'(', .. Rows, (byte)'u', (byte)'.'];

        var result = Read(pickle);

        Assert.Equal(Enough, TakenIn(result.Root));
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
            Assert.Equal(31, TakenIn(dict));
        }

        AssertSame(pickle, result);
    }

    /// <summary>How many tensors in a dict, or in the first of a pair, were read in one go.</summary>
    private static int TakenIn(PickleNode node) =>
        (node switch
        {
            PickleMapping mapping => mapping,
            PickleObject made => made.Mapping,
            PickleSequence { Count: > 0 } pair => pair[0] as PickleMapping,
            _ => null,
        })?.Entries.Count(entry => entry.Value is OrdinaryTensorCall) ?? 0;

    private static void AssertSame(byte[] pickle, PickleResult packed) =>
        AssertSame(PickleMachine.Read(pickle, Source, TestContext.Current.CancellationToken), packed);

    private static void AssertSame(PickleResult plain, PickleResult packed)
    {
        Assert.Equal(plain.Error?.Message, packed.Error?.Message);
        Assert.Equal(plain.Error?.Offset, packed.Error?.Offset);
        Assert.Equal(plain.ByteLength, packed.ByteLength);
        Assert.Equal(plain.OpcodeCount, packed.OpcodeCount);
        Assert.Equal(CallsOf(plain), CallsOf(packed));
        Assert.Equal(plain.Globals.Select(global => global.FullName), packed.Globals.Select(global => global.FullName));
        Assert.Equal(plain.Payloads.Select(payload => payload.Value), packed.Payloads.Select(payload => payload.Value));
        Assert.Equal(Describe(plain.Root), Describe(packed.Root));
    }

    private static IEnumerable<string> CallsOf(PickleResult pickle) =>
        pickle.Calls.Select(call => $"{call.CallableName} {call.Opcode} {call.IsUnchanged}").Distinct().Order(StringComparer.Ordinal);

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
        return PickleMachine.Read(
            new MemoryPickleInput(pickle), Source, persistentLoader: null, TestContext.Current.CancellationToken, new OrdinaryTensorPattern());
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
