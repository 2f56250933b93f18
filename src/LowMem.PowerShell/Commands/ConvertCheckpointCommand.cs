using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Management.Automation;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Keys;
using LowMem.Checkpoints.Parts;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values.Division;
using LowMem.PowerShell.Completion;
using LowMem.PowerShell.Errors;
using LowMem.PowerShell.Pipeline;
using LowMem.PowerShell.Provider;
using LowMem.PowerShell.Views;

namespace LowMem.PowerShell.Commands;

/// <summary>Convert-Checkpoint: writes a checkpoint as safetensors or as torch.save does, in constant memory. Never loads libtorch.</summary>
[Cmdlet(VerbsData.Convert, "Checkpoint", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(ConversionReport), typeof(CheckpointPart))]
public sealed class ConvertCheckpointCommand : PartedCheckpointCommand
{
    private readonly HashSet<string> written = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ConversionRequest> requests = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, HashSet<string>> items = new(StringComparer.Ordinal);
    private ShardArguments? shards;

    /// <summary>A file whose extension says the format, or a directory.</summary>
    [Parameter(Mandatory = true, Position = 1, HelpMessage = "A .safetensors, .pt, .pth, .bin or .ckpt file, or a directory")]
    [ValidateNotNullOrEmpty]
    public string Destination { get; set; } = string.Empty;

    /// <summary>The format, where the extension says none or another.</summary>
    [Parameter]
    public ConversionFormat? Format { get; set; }

    /// <summary>The most bytes of tensors in one file.</summary>
    [Parameter]
    [ValidateRange(1L, long.MaxValue)]
    [ArgumentCompleter(typeof(ShardSizeCompleter))]
    public long? MaxShardSize { get; set; }

    /// <summary>The type that floating-point tensors are cast to.</summary>
    [Parameter]
    [ValidateSet(
        "float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu")]
    public string? DType { get; set; }

    /// <summary>Writes tensors of codes with scales as the numbers that they stand for.</summary>
    [Parameter]
    public SwitchParameter Dequantize { get; set; }

    /// <summary>Only what lies under it is taken, and it is left out of the keys.</summary>
    [Parameter]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(CheckpointPrefixCompleter))]
    public string? Prefix { get; set; }

    /// <summary>Rules that rename keys, or a script block that gives the new key for the one in <c>$_</c>.</summary>
    [Parameter]
    [ValidateNotNull]
    public object? KeyMap { get; set; }

    /// <summary>Which keys are written, by their new names; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CheckpointKeyCompleter))]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[]? Include { get; set; }

    /// <summary>Which keys are not written, by their new names; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CheckpointKeyCompleter))]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[]? Exclude { get; set; }

    /// <summary>Free-form texts for a safetensors file; one that is null is left out.</summary>
    [Parameter]
    [ValidateNotNull]
    [SuppressMessage("Usage", "CA2227:Collection properties should be read only", Justification = "A cmdlet parameter.")]
    public IDictionary? Metadata { get; set; }

    /// <summary>The share of each tensor that is written, such as <c>3/8</c>, from 1 on.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PartCompleter))]
    public string? Shard { get; set; }

    /// <summary>How tensors are split: names of ready rules, and tables of patterns of keys with a dimension or <c>Replicate</c>.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ShardRuleCompleter))]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public object[]? ShardRule { get; set; }

    /// <summary>Replaces what is there, and what a killed conversion left behind.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Goes on with a conversion that was killed.</summary>
    [Parameter]
    public SwitchParameter Resume { get; set; }

    /// <summary>Reads all that was written back, and compares it.</summary>
    [Parameter]
    public SwitchParameter Verify { get; set; }

    /// <summary>Writes an object that says what was written.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Which part of how many, such as 3/8: only that share of the files is written, and Join-CheckpointPart brings all into their places.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(PartCompleter))]
    public PartNumber? Part
    {
        get => Share;
        set => Share = value;
    }

    /// <inheritdoc/>
    private protected override string Activity => "Converting checkpoint";

    /// <inheritdoc/>
    private protected override PartOperation CreateOperation() => new ConversionOperation(
        task => requests.Remove(task.Path, out var request) ? request : throw new KeyNotFoundException(task.Path),
        PartOptions.Of(this, nameof(Destination), nameof(Force), nameof(Resume), nameof(Verify), nameof(PassThru)))
    {
        Locate = LocationOf,
    };

    /// <inheritdoc/>
    private protected override bool Prepare(PartTask task)
    {
        var plan = CreatePlan(task.Path, task.Location);
        requests[task.Path] = new ConversionRequest(plan, new ConversionSettings { Replaces = Force, Verifies = Verify });
        if (!written.Add(plan.Path))
        {
            throw new RefusedException(ErrorRecords.OutputExists(plan.Path));
        }

        return ShouldProcess(plan.Path, ConversionOutput.Describe(plan, $"Write part {Part} of the conversion of"));
    }

    /// <inheritdoc/>
    private protected override bool ReadsAll => true;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (Part is not null && Resume)
        {
            ThrowTerminatingError(ErrorRecords.ParametersExclusive(nameof(Part), nameof(Resume)));
        }

        if (KeyMap is not null && !KeyMapArgument.IsSupported(KeyMap))
        {
            ThrowTerminatingError(ErrorRecords.KeyMapUnsupported(KeyMap));
        }

        try
        {
            shards = ShardArguments.Create(Shard, ShardRule);
        }
        catch (RefusedException error)
        {
            ThrowTerminatingError(error.Record);
        }
    }

    /// <inheritdoc/>
    protected override void ProcessCheckpoint(string path)
    {
        var plan = CreatePlan(path);
        var run = new ConversionRun(plan, new ConversionSettings { Replaces = Force, Resumes = Resume, Verifies = Verify });
        run.CheckOutput();

        // Even by force, one checkpoint does not replace the one before.
        if (written.Contains(plan.Path))
        {
            WriteError(ErrorRecords.OutputExists(plan.Path));
            return;
        }

        if (!ShouldProcess(plan.Path, ConversionOutput.Describe(plan, "Convert")))
        {
            return;
        }

        var report = ProgressBar.Run(this, "Converting checkpoint", path, progress => run.Run(progress, StopToken));
        written.Add(plan.Path);
        WriteVerbose(ConversionOutput.Describe(report));
        if (report.EmptyKeys.Count > 0)
        {
            WriteWarning(ShardArguments.DescribeEmpty(report.Path, report.Shard, report.EmptyKeys));
        }

        if (PassThru)
        {
            WriteObject(report);
        }
    }

    /// <inheritdoc/>
    private protected override bool TakeItem(string path, DriveSelection selection)
    {
        if (!items.TryGetValue(path, out var keys))
        {
            items.Add(path, keys = new HashSet<string>(StringComparer.Ordinal));
        }

        keys.UnionWith(selection.Tensors);
        keys.UnionWith(selection.Values);
        return true;
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (string path in items.Keys)
        {
            ForItem(path, () => Take(path));
        }

        base.EndProcessing();
    }

    private ConversionPlan CreatePlan(string path, CheckpointLocation? location = null)
    {
        NamePatterns.Require(Include, path);
        NamePatterns.Require(Exclude, path);
        var destination = ConversionOutput.Find(Destination, GetFilePath(Destination), Format, path);
        var checkpoint = OpenCheckpoint(path, location);
        return ConversionPlan.Create(checkpoint, destination, GetOptions(checkpoint) with { Keys = items.GetValueOrDefault(path) }, StopToken);
    }

    private ConversionOptions GetOptions(Checkpoint checkpoint) => new()
    {
        Type = DType is null ? null : Checkpoints.DType.Get(DType),
        Dequantizes = Dequantize,
        Prefix = Prefix,
        KeyMap = KeyMapArgument.CreateOrWarn(this, KeyMap, checkpoint, Prefix ?? string.Empty, StopToken),
        Filter = KeySelection.Create(Include, Exclude),
        Metadata = GetMetadata(),
        MaxShardSize = MaxShardSize,
        Shard = shards?.Shard,
        ShardRules = shards?.Rules,
    };

    private Dictionary<string, string?> GetMetadata()
    {
        var texts = new Dictionary<string, string?>(StringComparer.Ordinal);
        if (Metadata is not null)
        {
            foreach (DictionaryEntry entry in Metadata)
            {
                string name = LanguagePrimitives.ConvertTo<string>(entry.Key);
                texts[name] = entry.Value is null ? null : LanguagePrimitives.ConvertTo<string>(entry.Value);
            }
        }

        return texts;
    }
}
