using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Pickle;

/// <summary>Calls that make tensors are kept packed, and say the same as the nodes they were read from.</summary>
public sealed class PackedTensorCallTests
{
    private const byte Put7 = 7;

    [Fact]
    public void SaysTheSameAsTheNodes()
    {
        var call = Assert.IsType<PackedTensorCall>(Read([.. TensorCall(hooks: []), (byte)'.']).Root);

        var arguments = call.ArgumentList;
        Assert.Equal(arguments.Count, call.ArgumentCount);
        var id = Assert.IsType<PickleSequence>(Assert.IsType<PicklePersistentId>(arguments[0]).Id);
        Assert.Equal("storage", ((PickleScalar)id[0]).Value);
        Assert.Equal("torch.FloatStorage", ((PickleGlobal)id[1]).FullName);
        Assert.Equal(["3", "cpu", 40L], id.Items.Skip(2).Select(item => ((PickleScalar)item).Value));
        Assert.Equal(4L, ((PickleScalar)arguments[1]).Value);
        Assert.Equal([2L, 3L], ((PickleSequence)arguments[2]).Items.Select(item => ((PickleScalar)item).Value));
        Assert.Equal([3L, 1L], ((PickleSequence)arguments[3]).Items.Select(item => ((PickleScalar)item).Value));
        Assert.Equal(true, ((PickleScalar)arguments[4]).Value);
        Assert.Equal("collections.OrderedDict", ((PickleObject)arguments[5]).CallableName);
    }

    [Fact]
    public void IsNotPackedWhenItsHooksCanStillChange()
    {
        // The dict of hooks is put into the memo, fetched again, and gets an entry that must not go unnoticed.
        var result = Read([
            .. TensorCall(hooks: [(byte)'q', Put7]),
            (byte)'h', Put7, .. PickleBytes.Text("key"), .. PickleBytes.Global("builtins", "getattr"), (byte)'s',
            0x86, (byte)'.']);

        var call = Assert.IsType<PickleCall>(((PickleSequence)result.Root)[0]);
        var entry = Assert.Single(Assert.IsAssignableFrom<PickleObject>(call.ArgumentList[5]).Entries);
        Assert.Equal("builtins.getattr", ((PickleGlobal)entry.Value).FullName);
        Assert.Contains(result.Calls, made => made.CallableName == "collections.OrderedDict");
    }

    [Fact]
    public void IsPackedWhenTheMemoHoldsItsHooksAndNobodyAsksForThem()
    {
        var result = Read([.. TensorCall(hooks: [(byte)'q', Put7]), (byte)'.']);

        Assert.IsType<PackedTensorCall>(result.Root);
        Assert.Single(result.Calls);
    }

    [Fact]
    public void KeepsEveryMemoWhereItIsNotKnownWhatIsAskedFor()
    {
        byte[] pickle = [.. TensorCall(hooks: [(byte)'q', Put7]), (byte)'.'];

        var result = PickleMachine.Read(pickle, Source, TestContext.Current.CancellationToken);

        Assert.IsType<PickleCall>(result.Root);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    [InlineData(70_000)]
    public void FindsWhatIsFetchedByEveryOpcode(int index)
    {
        byte[] text = PickleBytes.Ascii($"{index}\n");
        byte[] pickle = [(byte)'N', (byte)'p', .. text, (byte)'0', (byte)'g', .. text, (byte)'.'];
        byte[] binary = [(byte)'N', (byte)'r', .. PickleBytes.UInt32(index), (byte)'0', (byte)'j', .. PickleBytes.UInt32(index), (byte)'.'];

        Assert.Null(((PickleScalar)Read(pickle).Root).Value);
        Assert.Null(((PickleScalar)Read(binary).Root).Value);
        Assert.Null(Read(pickle).Error);
        Assert.Null(Read(binary).Error);
        Assert.False(FindUses(binary).Contains(index + 1));
    }

    [Fact]
    public void CountsForgottenEntriesWhenMemoizeNumbersTheNext()
    {
        // Three entries by MEMOIZE, of which only the third is fetched, by its number.
        byte[] pickle = [0x80, 4, .. PickleBytes.Text("a"), 0x94, .. PickleBytes.Text("b"), 0x94, .. PickleBytes.Text("c"), 0x94, (byte)'h', 2, (byte)'.'];

        Assert.Equal("c", ((PickleScalar)Read(pickle).Root).Value);
    }

    private static PickleSource Source { get; } = new("test.pkl", "data.pkl", 0, PickleSource.BudgetFor(1 << 20));

    private static PickleResult Read(byte[] pickle) => PickleMachine.Read(
        new MemoryPickleInput(pickle), Source, persistentLoader: null, TestContext.Current.CancellationToken, FindUses(pickle));

    private static PickleMemoUses FindUses(byte[] pickle) =>
        PickleMemoUses.Find(new MemoryPickleInput(pickle), Source, TestContext.Current.CancellationToken);

    /// <summary>A tensor of 2 x 3 from the fifth element of a storage on, with something done to its dict of hooks.</summary>
    private static byte[] TensorCall(byte[] hooks) =>
    [
        .. PickleBytes.Proto(2), .. PickleBytes.Global("torch._utils", "_rebuild_tensor_v2"), (byte)'(',
        (byte)'(', .. PickleBytes.Text("storage"), .. PickleBytes.Global("torch", "FloatStorage"), .. PickleBytes.Text("3"),
        .. PickleBytes.Text("cpu"), (byte)'K', 40, (byte)'t', (byte)'Q',
        (byte)'K', 4, (byte)'K', 2, (byte)'K', 3, 0x86, (byte)'K', 3, (byte)'K', 1, 0x86, 0x88,
        .. PickleBytes.Global("collections", "OrderedDict"), (byte)')', (byte)'R', .. hooks,
        (byte)'t', (byte)'R',
    ];
}
