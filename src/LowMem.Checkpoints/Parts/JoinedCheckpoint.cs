using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Parts.Records;
using LowMem.Checkpoints.Values.Statistics;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Parts;

/// <summary>What one machine would have said of one checkpoint. One of the properties is not null.</summary>
public sealed record JoinedCheckpoint
{
    /// <summary>Its path, on the machine of the part that tells what is said of the whole.</summary>
    public required string Path { get; init; }

    /// <summary>Why nothing can be said of it.</summary>
    public CheckpointException? Problem { get; init; }

    /// <summary>The same, of what is no error of reading.</summary>
    public JoinedError? Error { get; init; }

    /// <summary>Of Test-Checkpoint.</summary>
    public CheckpointVerdict? Verdict { get; init; }

    /// <summary>Of New-CheckpointManifest.</summary>
    public CheckpointManifest? Manifest { get; init; }

    /// <summary>Where the parts were told to write the manifest.</summary>
    public string? ManifestPath { get; init; }

    /// <summary>Of Get-CheckpointTensor.</summary>
    public IReadOnlyList<TensorStatistics>? Statistics { get; init; }

    /// <summary>Of Convert-Checkpoint.</summary>
    public ConversionJoin? Conversion { get; init; }

    internal static JoinedCheckpoint Of(string operation, IReadOnlyList<PartItem> items, string? folder)
    {
        var common = items.First(item => item.HasCommon);
        var joined = new JoinedCheckpoint { Path = common.Path };
        if (common.Error is { } error)
        {
            return error.Category is null
                ? joined with { Problem = new CheckpointException(error.Id, error.Target ?? common.Path, error.Message) }
                : joined with { Error = new JoinedError(error.Id, error.Message, error.Target, error.Category) };
        }

        return operation switch
        {
            VerdictOperation.CmdletName when items.All(item => item.Verdict is not null) => joined with { Verdict = VerdictOperation.Join(items) },
            ManifestOperation.CmdletName when items.All(item => item.Manifest is not null) =>
                joined with { Manifest = ManifestOperation.Join(items), ManifestPath = common.Manifest!.Output },
            StatisticsOperation.CmdletName when items.All(item => item.Statistics is not null) => joined with { Statistics = StatisticsOperation.Join(items) },
            ConversionOperation.CmdletName when items.All(item => item.Conversion is not null) => joined with { Conversion = new ConversionJoin(items, folder) },
            _ => throw new CheckpointException(CheckpointErrorIds.PartInvalid, common.Path, "the parts of it do not say what they should. Run all of them again."),
        };
    }
}
