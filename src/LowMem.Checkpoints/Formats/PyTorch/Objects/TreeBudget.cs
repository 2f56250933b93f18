using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.PyTorch.Objects;

/// <summary>
/// What walking the tree of a pickle may cost, by the size of the pickle: a container named twice is legitimate, a doubling
/// at each level is not, since it would never end.
/// </summary>
internal sealed class TreeBudget(RandomAccessSource file, PickleResult pickle, CancellationToken cancellationToken)
{
    private long visits;
    private long visitsLeft = checked(1024 + (4 * pickle.OpcodeCount));
    private long charactersLeft = checked((1 << 20) + (32 * pickle.ByteLength));

    /// <summary>Pays for steps and for the characters of names; false when there is not enough left.</summary>
    public bool TryCharge(long steps, long characters)
    {
        if (((visits += steps) & 0xfff) < steps)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        visitsLeft -= steps;
        charactersLeft -= characters;
        return visitsLeft >= 0 && charactersLeft >= 0;
    }

    /// <inheritdoc cref="TryCharge"/>
    /// <exception cref="CheckpointException">There is not enough left.</exception>
    public void Charge(long steps, long characters)
    {
        if (!TryCharge(steps, characters))
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid,
                file.Name,
                "the pickle names the same containers over and over: it would unfold to far more than its size.");
        }
    }
}
