using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety;

namespace LowMem.Fuzz;

/// <summary>
/// Reads a pickle twice: with ordinary tensors in one go, as files are read, and opcode by opcode. Both must say the same, or a file could show one thing and hold another.
/// </summary>
internal static class PickleComparison
{
    /// <summary>Trees can share nodes so often that they unfold to far more than the file.</summary>
    private const int MaxSteps = 200_000;

    /// <exception cref="InvalidOperationException">They differ.</exception>
    public static void Inspect(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        var source = new PickleSource("file", "data.pkl", 0, PickleSource.BudgetFor(bytes.Length));
        var input = new MemoryPickleInput(bytes);
        var packed = PickleMachine.Read(input, source, persistentLoader: null, CancellationToken.None, new OrdinaryTensorPattern());
        var plain = PickleMachine.Read(bytes, source, CancellationToken.None);
        Require(packed.Error?.Message == plain.Error?.Message, $"errors: '{packed.Error?.Message}' and '{plain.Error?.Message}'");
        Require(packed.Error?.Offset == plain.Error?.Offset, "places of errors");
        Require(packed.ByteLength == plain.ByteLength, "lengths");
        Require(packed.OpcodeCount == plain.OpcodeCount, "counts of opcodes");
        Require(
            packed.Globals.Select(item => item.FullName).SequenceEqual(plain.Globals.Select(item => item.FullName), StringComparer.Ordinal), "globals");
        Require(packed.Payloads.Count == plain.Payloads.Count, "payloads");
        Require(CallsOf(packed).SetEquals(CallsOf(plain)), "calls");
        Require(SafetyOf(packed) == SafetyOf(plain), "what is known of names");
        Compare(packed.Root, plain.Root);
    }

    private static HashSet<(string? Name, PickleOpcode Opcode, bool IsUnchanged)> CallsOf(PickleResult pickle) =>
        [.. pickle.Calls.Select(call => (call.CallableName, call.Opcode, call.IsUnchanged))];

    private static string SafetyOf(PickleResult pickle)
    {
        var report = GlobalReport.Of([pickle], [], CancellationToken.None);
        return string.Join('\n', [.. report.All, "", .. report.Unknown, "", .. report.Unsafe, "", .. report.Findings.Select(finding => finding.Message)]);
    }

    private static void Compare(PickleNode packedRoot, PickleNode plainRoot)
    {
        var pairs = new Stack<(PickleNode Packed, PickleNode Plain)>([(packedRoot, plainRoot)]);
        for (int steps = 0; pairs.TryPop(out var pair) && steps < MaxSteps; steps++)
        {
            switch (pair)
            {
                case (PickleScalar left, PickleScalar right):
                    Require(SameValue(left.Value, right.Value), "values");
                    break;
                case (PickleGlobal left, PickleGlobal right):
                    Require(left.FullName == right.FullName, "names");
                    break;
                case (PicklePersistentId left, PicklePersistentId right):
                    pairs.Push((left.Id, right.Id));
                    break;
                case (PickleSequence left, PickleSequence right):
                    Require(left.Kind == right.Kind, "kinds of sequences");
                    PushAll(pairs, left.Items, right.Items);
                    break;
                case (PickleMapping left, PickleMapping right):
                    PushEntries(pairs, left, right);
                    break;
                case (PickleObject left, PickleObject right):
                    pairs.Push((left.Callable, right.Callable));
                    pairs.Push((left.Arguments, right.Arguments));
                    Require(left.State is null == right.State is null, "states");
                    PushAll(pairs, left.State is null ? [] : [left.State], right.State is null ? [] : [right.State]);
                    Require(left.Keywords is null == right.Keywords is null, "keywords");
                    PushAll(pairs, left.Keywords is null ? [] : [left.Keywords], right.Keywords is null ? [] : [right.Keywords]);
                    PushAll(pairs, left.Items, right.Items);
                    PushEntries(pairs, left.Mapping ?? new PickleMapping(), right.Mapping ?? new PickleMapping());
                    break;
                default:
                    Require(false, $"a {pair.Packed.GetType().Name} and a {pair.Plain.GetType().Name}");
                    break;
            }
        }
    }

    private static void PushEntries(Stack<(PickleNode Packed, PickleNode Plain)> pairs, PickleMapping packed, PickleMapping plain)
    {
        Require(packed.Count == plain.Count, "counts of dicts");
        PushAll(pairs, [.. packed.Entries.Select(entry => entry.Key)], [.. plain.Entries.Select(entry => entry.Key)]);
        PushAll(pairs, [.. packed.Entries.Select(entry => entry.Value)], [.. plain.Entries.Select(entry => entry.Value)]);
    }

    private static void PushAll(Stack<(PickleNode Packed, PickleNode Plain)> pairs, IReadOnlyList<PickleNode> packed, IReadOnlyList<PickleNode> plain)
    {
        Require(packed.Count == plain.Count, "lengths of sequences");
        for (int i = 0; i < packed.Count; i++)
        {
            pairs.Push((packed[i], plain[i]));
        }
    }

    private static bool SameValue(object? left, object? right) =>
        left is byte[] bytes && right is byte[] others ? bytes.AsSpan().SequenceEqual(others) : Equals(left, right);

    private static void Require(bool same, string what)
    {
        if (!same)
        {
            throw new InvalidOperationException($"read packed and read plainly, the pickle differs: {what}");
        }
    }
}
