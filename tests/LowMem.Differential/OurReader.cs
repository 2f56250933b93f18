using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Differential;

/// <summary>Reads a pickle as the readers of checkpoints do, opcode by opcode and in the fast way.</summary>
internal static class OurReader
{
    /// <summary>The two readings.</summary>
    public static Reading[] Read(byte[] pickle)
    {
        var source = new PickleSource("pickle", "data.pkl", 0, PickleSource.BudgetFor(1 << 20));
        var input = new MemoryPickleInput(pickle);
        return
        [
            ToReading(PickleMachine.Read(pickle, source, CancellationToken.None)),
            ToReading(PickleMachine.Read(input, source, persistentLoader: null, CancellationToken.None, new OrdinaryTensorPattern())),
        ];
    }

    private static Reading ToReading(PickleResult result) => new(
        result.Error is null,
        result.ByteLength,
        [.. result.Globals.Select(global => $"{global.Module}\n{global.Name}")],
        result.Error is { } error ? error.Detail : NodeText.Describe(result.Root));
}
