using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Division;
using LowMem.Checkpoints.Values.Health;
using LowMem.Checkpoints.Verification.Signing;

namespace LowMem.Checkpoints.Verification;

/// <summary>What was found at one path, apart from signatures.</summary>
internal sealed record Inspection
{
    /// <summary>The format, or <see cref="CheckpointVerdict.UnknownFormat"/>.</summary>
    public string Format { get; set; } = CheckpointVerdict.UnknownFormat;

    /// <summary>Whether PyTorch's <c>weights_only</c> takes it; null when that is no question.</summary>
    public bool? WeightsOnly { get; set; }

    /// <summary>The number of keys that name a tensor.</summary>
    public long TensorCount { get; set; }

    /// <summary>What was noticed.</summary>
    public List<CheckpointFinding> Findings { get; } = [];

    /// <summary>The same as <see cref="Findings"/>, each with its place; the signature is not among them.</summary>
    public List<PlacedFinding> Placed { get; } = [];

    /// <summary>Of a part: the tensors that are to be compared with those of other parts.</summary>
    public IReadOnlyList<PlacedSibling> Siblings { get; private set; } = [];

    /// <summary>Of a part: how the data was given out to all parts.</summary>
    public string Layout { get; private set; } = string.Empty;

    /// <summary>All files that were read to list it; none when it could not be listed.</summary>
    public IReadOnlyList<CheckpointFile> Files { get; set; } = [];

    /// <summary>The names of the files that are in other places.</summary>
    public IReadOnlyList<string> Elsewhere { get; set; } = [];

    /// <summary>Looks at a checkpoint. What is broken is a finding.</summary>
    /// <exception cref="CheckpointException">There is nothing at the path, or it cannot be read.</exception>
    /// <param name="path">What to look at.</param>
    /// <param name="options">How; the signature in it counts only as <paramref name="signature"/>.</param>
    /// <param name="signature">A signature of what is there, which has to hold; what was signed is read together with the values.</param>
    /// <param name="progress">Told how far it is, from several threads; or null.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public static Inspection Make(
        string path,
        VerificationOptions options,
        SignatureRun? signature,
        IProgress<VerificationProgress>? progress,
        CancellationToken cancellationToken)
    {
        var inspection = new Inspection();
        var memory = new ReadMemory();
        var location = options.IsByPlace ? options.Location.AsOneOfSeveral() : options.Location;
        options = options with { Location = location.With(memory) };
        string? format = null;
        try
        {
            var checkpoint = CheckpointOpener.Open(options.Location, path, looksAround: true, cancellationToken);
            inspection.Files = [.. checkpoint.AllFiles];
            inspection.Elsewhere = checkpoint.Elsewhere;
            inspection.TensorCount = checkpoint.Tensors.Count;
            inspection.WeightsOnly = checkpoint.WeightsOnly;
            inspection.Format = format = checkpoint.Format;
            inspection.Add(
            [
                .. checkpoint.Findings.Select(finding => StructureCheck.Judge(checkpoint, finding)),
                .. GlobalCheck.FindUnknown(checkpoint, options.AllowsGlobal),
                .. GlobalCheck.FindWeightsOnly(checkpoint),
                .. StructureCheck.Find(checkpoint, cancellationToken),
            ],
                FindingSection.Structure);
            inspection.Placed.AddRange(inspection.CheckData(checkpoint, options, signature, memory, progress, cancellationToken));
            if (options.Part is null or { HasCommon: true })
            {
                inspection.Add(options.AdditionalChecks?.Invoke(checkpoint) ?? [], FindingSection.Additional);
            }
        }
        catch (CheckpointException exception) when (BrokenContent.IsBroken(exception))
        {
            inspection.Format = format ?? BrokenContent.GuessFormat(exception, options.Location);
            inspection.Add(BrokenContent.Describe(exception), FindingSection.Broken);
        }

        inspection.Findings.AddRange(inspection.Placed.Select(placed => placed.Finding));
        return inspection;
    }

    private void Add(IEnumerable<CheckpointFinding> findings, FindingSection section) =>
        Placed.AddRange(findings.Select((finding, place) => new PlacedFinding(section, place, 0, finding)));

    /// <summary>Everything that needs the data is read in one go.</summary>
    private List<PlacedFinding> CheckData(
        Checkpoint checkpoint,
        VerificationOptions options,
        SignatureRun? signature,
        ReadMemory memory,
        IProgress<VerificationProgress>? progress,
        CancellationToken cancellationToken)
    {
        if (options is { Level: VerificationLevel.Structure, Manifest: null })
        {
            return [];
        }

        using var reader = new TensorDataReader(checkpoint);
        ListedFiles.CheckUnchanged(checkpoint, reader);
        var plan = new BlockPlan(reader);
        var fileHashes = new FileHashes(plan);
        var hashes = options.Manifest is null ? null : new HashPlan(checkpoint, plan, fileHashes);
        var values = options.Level < VerificationLevel.Values ? null : new ValueCheck(checkpoint, options.AllowsNonFinite, comparesSiblings: options.Part is null);
        var digests = options.Level < VerificationLevel.Checksum ? null : new DigestCheck(checkpoint, fileHashes);
        var checksums = digests is null ? null : new ChecksumCheck(checkpoint, hashes is not null || digests.CoversAll);

        values?.Plan(plan);
        checksums?.Plan(plan, reader, cancellationToken);
        signature?.Plan(plan, fileHashes, [.. checkpoint.AllFiles]);
        var share = options.Part?.Divide(plan) ?? PlanShare.Whole;
        Layout = share.Layout;
        memory.Seal();
        BlockPass.Run(plan, VerificationProgress.ToAction(progress), cancellationToken);
        var second = new BlockPlan(reader);
        if (values?.PlanCloserLook(second, share) ?? false)
        {
            BlockPass.Run(second, null, cancellationToken);
        }

        reader.CheckUnchanged();

        Siblings = values is null || options.Part is null ? [] : [.. values.GetSiblings(share)];
        return
        [
            .. digests?.Conclude(share) ?? [],
            .. checksums?.Conclude(share) ?? [],
            .. values?.Conclude(share) ?? [],
            .. hashes is null ? [] : new ManifestCheck(options.Manifest!, hashes).Conclude(share),
        ];
    }
}
