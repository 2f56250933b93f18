using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using LowMem.PowerShell.Completion;
using LowMem.PowerShell.Errors;
using LowMem.PowerShell.Pipeline;
using LowMem.PowerShell.Views;
using static TorchSharp.torch;

namespace LowMem.PowerShell.Commands;

/// <summary>Import-ModelLowMemory: binds the values of a checkpoint to a module, at no more than one copy.</summary>
[Cmdlet(VerbsData.Import, "ModelLowMemory", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType("TorchSharp.torch+nn+Module")]
public sealed class ImportModelLowMemoryCommand : ModelPathCommand
{
    private const int ShownKeys = 20;

    /// <summary>The module to load into; when left out, one is made after the checkpoint.</summary>
    [Parameter(Position = 1, ValueFromPipeline = true)]
    [ValidateNotNull]
    public nn.Module? Module { get; set; }

    /// <summary>Copies the values into memory instead of mapping the file.</summary>
    [Parameter]
    public SwitchParameter Resident { get; set; }

    /// <summary>Reads the pages of a mapped model in the background, in the order of the file.</summary>
    [Parameter]
    public SwitchParameter Prefetch { get; set; }

    /// <summary>Makes floating-point parameters want gradients.</summary>
    [Parameter]
    public SwitchParameter RequiresGrad { get; set; }

    /// <summary>Rules that rename the checkpoint's keys, or a script block that gives the module's key for the one in <c>$_</c>.</summary>
    [Parameter]
    [ValidateNotNull]
    public object? KeyMap { get; set; }

    /// <summary>Which keys of the module to load; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(StateDictKeyCompleter))]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[]? Include { get; set; }

    /// <summary>Which keys of the module not to load; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(StateDictKeyCompleter))]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[]? Exclude { get; set; }

    /// <summary>Leaves parameters as they are for which the checkpoint has nothing.</summary>
    [Parameter]
    public SwitchParameter AllowMissing { get; set; }

    /// <summary>Gives what is on meta and gets nothing from the checkpoint the initial values of its layer.</summary>
    [Parameter]
    public SwitchParameter InitializeMissing { get; set; }

    /// <summary>Where the random numbers of initial values begin: the same seed gives the same values.</summary>
    [Parameter]
    public long? Seed { get; set; }

    /// <summary>Leaves aside what the checkpoint has and the module has not.</summary>
    [Parameter]
    public SwitchParameter AllowUnexpected { get; set; }

    /// <summary>Leaves parameters as they are that have another shape in the checkpoint.</summary>
    [Parameter]
    public SwitchParameter AllowShapeMismatch { get; set; }

    /// <summary>Where the values are to be.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(DeviceCompleter))]
    public string Device { get; set; } = "cpu";

    /// <summary>Loads the tensors of a file that names what could run code in PyTorch. Nothing is run in any case.</summary>
    [Parameter]
    public SwitchParameter AllowUnsafeGlobals { get; set; }

    /// <summary>Keeps nothing of what is fetched of servers to be mapped.</summary>
    [Parameter]
    public SwitchParameter NoCache { get; set; }

    /// <inheritdoc/>
    private protected override bool ReadsAll => true;

    /// <inheritdoc/>
    private protected override bool AvoidsCache => NoCache;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (Seed is not null && !InitializeMissing)
        {
            ThrowTerminatingError(ErrorRecords.ParameterMissing(nameof(Seed), nameof(InitializeMissing)));
        }

        if (Prefetch && Resident)
        {
            ThrowTerminatingError(ErrorRecords.ParametersExclusive(nameof(Prefetch), nameof(Resident)));
        }

        if (KeyMap is not null && !KeyMapArgument.IsSupported(KeyMap))
        {
            ThrowTerminatingError(ErrorRecords.KeyMapUnsupported(KeyMap));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessCheckpoint(string path)
    {
        NamePatterns.Require(Include, path);
        NamePatterns.Require(Exclude, path);
        var checkpoint = OpenCheckpoint(path);
        WarnOfUnknown(checkpoint);
        string target = Module is null ? "a new module" : Module.GetType().Name;

        // What a shard is, is known when the rules have been held against all keys: an error comes before the question, too.
        var options = Shards is null ? null : GetOptions(checkpoint);
        string what = options is null ? string.Empty : $" ({ShardArguments.Describe(ModelLoader.PlanShard(Module, checkpoint, options, StopToken))})";
        if (ShouldProcess(target, $"Load '{path}'{what}"))
        {
            WriteObject(Load(checkpoint, options ?? GetOptions(checkpoint)));
        }
    }

    private ImportOptions GetOptions(Checkpoint checkpoint) => new()
    {
        Resident = Resident,
        Prefetch = Prefetch,
        KeepDType = KeepDType,
        DType = DType,
        RequiresGrad = RequiresGrad,
        Prefix = Prefix,
        KeyMap = KeyMap is null ? null : KeyMapArgument.Create(KeyMap, checkpoint, Prefix, StopToken),
        KeyFilter = KeySelection.Create(Include, Exclude),
        AllowMissing = AllowMissing,
        InitializeMissing = InitializeMissing,
        Seed = Seed,
        AllowUnexpected = AllowUnexpected,
        AllowShapeMismatch = AllowShapeMismatch,
        Device = Device,
        AllowUnsafeGlobals = AllowUnsafeGlobals,
        Shard = Shards?.Shard,
        ShardRules = Shards?.Rules,
    };

    /// <summary>They are loaded, since nothing runs; torch.load would run them.</summary>
    private void WarnOfUnknown(Checkpoint checkpoint)
    {
        if (checkpoint.UnknownGlobals.Count > 0)
        {
            WriteWarning(
                $"{checkpoint.Path}: the file names what is not known to be inert: {checkpoint.DescribeUnknownGlobals()}. "
                + "Nothing of it is run here.");
        }
    }

    private PSObject Load(Checkpoint checkpoint, ImportOptions options)
    {
        var clock = Stopwatch.StartNew();
        var (module, report) = ProgressBar.Run<ImportProgress, (nn.Module, LoadReport)>(
            this,
            "Importing model",
            checkpoint.Path,
            progress => progress.BytesDone + progress.TensorsDone,
            progress => Describe(progress, clock.Elapsed),
            progress => Module is null
                ? ModelLoader.Load(checkpoint, options, progress, StopToken)
                : (Module, ModelLoader.Load(Module, checkpoint, options, progress, StopToken)));
        Explain(report);
        return Attach(module, report);
    }

    private void Explain(LoadReport report)
    {
        WriteVerbose(
            $"{report.Path}: {report.TensorCount} tensors, {report.MappedCount} of them mapped and {report.CopiedCount} copied.");
        string found = Prefix is null ? "found" : "given";
        WriteVerbose(report.Prefix.Length > 0
            ? $"The state dict was {found} under '{DisplayText.Name(report.Prefix)}'."
            : "The checkpoint is the state dict itself: nothing stands in front of its keys.");
        if (report.Prefetch is not null)
        {
            WriteVerbose($"{ByteSize.Format(report.Prefetch.ByteLength)} are read in the background; LoadReport.Prefetch of the module tells how far that is, and stops it.");
        }

        if (KeyMap is not null)
        {
            WriteVerbose($"The key map renamed {report.RenamedCount} keys and left out {report.LeftOutCount}.");
        }

        if (report.OutsideCount > 0)
        {
            WriteVerbose($"{report.OutsideCount} tensors of the checkpoint lie elsewhere and were left aside.");
        }

        if (report.EmptyKeys.Length > 0)
        {
            WriteWarning(ShardArguments.DescribeEmpty(report.Path, report.Shard, report.EmptyKeys));
        }

        WriteFaults(report);
        WriteKeys(WriteVerbose, "Not in old files, and 0", report.ZeroKeys);
        WriteKeys(WriteVerbose, "Cast to another type", report.CastKeys);
        WriteKeys(WriteVerbose, "Not in the checkpoint", report.MissingKeys);
        WriteKeys(WriteVerbose, "Not in the module", report.UnexpectedKeys);
        WriteKeys(WriteVerbose, "Of another shape in the checkpoint", report.ShapeMismatchKeys);
        var invented = report.InitializedKeys.Intersect(report.MissingKeys.SelectMany(keys => keys.Split(" = "))).ToArray();
        WriteKeys(WriteWarning, "Not in the checkpoint, and given initial values", invented);
        WriteKeys(WriteVerbose, "Given initial values", [.. report.InitializedKeys.Except(invented)]);
        WriteKeys(WriteWarning, "Still on meta, without values", report.MetaKeys);
    }

    // What is loaded is not what somebody may think it is.
    private void WriteFaults(LoadReport report)
    {
        if (report.OtherPrefixes.Length > 0)
        {
            WriteWarning(
                $"{report.Path}: the model was taken from '{DisplayText.Name(report.Prefix)}'. It may be in "
                + $"{DisplayText.Names([.. report.OtherPrefixes.Select(prefix => $"'{prefix}'")], ShownKeys)} as well: -Prefix chooses.");
        }

        WarnOfLoss(report.Path, report.Faults, report.MissingKeys);
    }

    private static void WriteKeys(Action<string> write, string what, string[] keys)
    {
        if (keys.Length > 0)
        {
            string more = keys.Length > ShownKeys ? ", which the LoadReport names" : string.Empty;
            write($"{what}: {DisplayText.Names(keys, ShownKeys)}{more}.");
        }
    }

    private static (double Part, string Status, int SecondsLeft)? Describe(ImportProgress progress, TimeSpan elapsed) => progress.BytesTotal > 0
        ? ProgressBar.DescribeBytes(progress.BytesDone, progress.BytesTotal, elapsed)
        : ((double)progress.TensorsDone / Math.Max(1, progress.TensorsTotal), $"{progress.TensorsDone} of {progress.TensorsTotal} tensors", -1);

    private static PSObject Attach(nn.Module module, LoadReport report)
    {
        var result = PSObject.AsPSObject(module);
        result.Properties.Remove(nameof(LoadReport));
        result.Properties.Add(new PSNoteProperty(nameof(LoadReport), report));
        return result;
    }
}
