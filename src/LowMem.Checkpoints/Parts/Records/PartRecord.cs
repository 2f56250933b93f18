namespace LowMem.Checkpoints.Parts.Records;

/// <summary>All that one part has to tell, as it is kept.</summary>
internal sealed record PartRecord
{
    /// <summary>The version of the record.</summary>
    public const int CurrentVersion = 2;

    /// <summary>The version of this record; says also that it is one.</summary>
    public required int LowmemPart { get; init; }

    /// <summary>The version of the module.</summary>
    public required string Module { get; init; }

    /// <summary>The cmdlet.</summary>
    public required string Operation { get; init; }

    /// <summary>Which part, from 1.</summary>
    public required int Part { get; init; }

    /// <summary>How many parts there are.</summary>
    public required int Count { get; init; }

    /// <summary>What identifies the list of checkpoints.</summary>
    public required string List { get; init; }

    /// <summary>How many checkpoints there are.</summary>
    public required int ListCount { get; init; }

    /// <summary>What was asked for, by name.</summary>
    public required SortedDictionary<string, string> Options { get; init; }

    /// <summary>What was done of each checkpoint that this part had to do with.</summary>
    public required List<PartItem> Items { get; init; }

    /// <summary>The errors that are about no checkpoint of the list.</summary>
    public required List<PartError> Errors { get; init; }

    /// <summary>Its number and count.</summary>
    public string Name => $"{Part}/{Count}";
}

/// <summary>What one part did of one checkpoint.</summary>
internal sealed record PartItem
{
    /// <summary>Its place in the list, in the order that is the same everywhere.</summary>
    public required int Index { get; init; }

    /// <summary>Its place in what was given.</summary>
    public required int Input { get; init; }

    /// <summary>Its path on the machine of the part.</summary>
    public required string Path { get; init; }

    /// <summary>Whether other parts have the rest of it.</summary>
    public required bool IsDivided { get; init; }

    /// <summary>How many parts have it.</summary>
    public required int Sharers { get; init; }

    /// <summary>Whether this part tells what is said of the whole.</summary>
    public required bool HasCommon { get; init; }

    /// <summary>What identifies the version of the checkpoint, and how it was divided.</summary>
    public string Fingerprint { get; init; } = string.Empty;

    /// <summary>Why nothing can be said of it; null when something can.</summary>
    public PartError? Error { get; init; }

    /// <summary>Of Test-Checkpoint.</summary>
    public VerdictRecord? Verdict { get; init; }

    /// <summary>Of New-CheckpointManifest.</summary>
    public ManifestRecord? Manifest { get; init; }

    /// <summary>Of Get-CheckpointTensor.</summary>
    public StatisticsRecord? Statistics { get; init; }

    /// <summary>Of Convert-Checkpoint.</summary>
    public ConversionRecord? Conversion { get; init; }
}

/// <summary>An error.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Message">What is wrong; of a checkpoint, without its path.</param>
/// <param name="Target">What it is about.</param>
/// <param name="Category">The category, by PowerShell's name; null to go by the id.</param>
internal sealed record PartError(string Id, string Message, string? Target, string? Category);
