using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Safety.WeightsOnly;

/// <summary>
/// Whether PyTorch's restricted unpickler gets through the pickles of a file. It has rules of its own, by which many harmless
/// files are refused (a NumPy scalar, protocol 4) and which change with its versions; these are those of 2.10 and later.
/// </summary>
internal static class WeightsOnlyCheck
{
    /// <summary>Looks at one pickle.</summary>
    public static WeightsOnlyAnswer Of(IPickleInput input, PickleSource source, CancellationToken cancellationToken)
    {
        var reader = new WeightsOnlyReader(new PickleCursor(input, source));
        string? reason;
        try
        {
            reason = reader.Read(cancellationToken);
        }
        catch (CheckpointException exception) when (!exception.IsOfReading)
        {
            reason = $"it is broken: {exception.Detail.TrimEnd('.')}";
        }

        return reason is null
            ? WeightsOnlyAnswer.Accepted
            : WeightsOnlyAnswer.Refused(reason, source.Offset >= 0 ? source.Offset + reader.Place : null);
    }

    /// <summary>Looks at the pickles that lie one behind the other in a file, and that PyTorch reads one after the other.</summary>
    public static WeightsOnlyAnswer Of(
        RandomAccessSource file, IEnumerable<PickleResult> pickles, CancellationToken cancellationToken)
    {
        foreach (var pickle in pickles)
        {
            if (pickle.Source is { Offset: >= 0 } source
                && Of(new FilePickleInput(file, source.Offset, source.Offset + pickle.ByteLength), source, cancellationToken) is { IsAccepted: false } refused)
            {
                return refused;
            }
        }

        return WeightsOnlyAnswer.Accepted;
    }
}
