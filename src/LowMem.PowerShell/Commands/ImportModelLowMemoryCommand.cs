using System.Management.Automation;
using LowMem.Checkpoints;
using LowMem.Loader.Import;
using LowMem.PowerShell.Pipeline;
using static TorchSharp.torch;

namespace LowMem.PowerShell.Commands;

/// <summary>Import-ModelLowMemory: binds the values of a checkpoint to a module, at no more than one copy.</summary>
[Cmdlet(VerbsData.Import, "ModelLowMemory", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType("TorchSharp.torch+nn+Module")]
public sealed class ImportModelLowMemoryCommand : CheckpointPathCommand
{
    /// <summary>Of the module: PowerShell keeps progress bars apart by their ids.</summary>
    private const int ProgressActivityId = 0x4c6f774d;

    /// <summary>The module to load into; when left out, one is made after the checkpoint.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNull]
    public nn.Module? Module { get; set; }

    /// <summary>Copies the values into memory instead of mapping the file.</summary>
    [Parameter]
    public SwitchParameter Resident { get; set; }

    /// <summary>Takes over the checkpoint's element types instead of casting to the module's.</summary>
    [Parameter]
    public SwitchParameter KeepDType { get; set; }

    /// <summary>Makes floating-point parameters want gradients.</summary>
    [Parameter]
    public SwitchParameter RequiresGrad { get; set; }

    /// <summary>What the checkpoint's keys have in front of the module's; found by itself when left out.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? Prefix { get; set; }

    /// <summary>Where the values are to be.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Device { get; set; } = "cpu";

    /// <summary>Loads the tensors of a file that names what could run code in PyTorch. Nothing is run in any case.</summary>
    [Parameter]
    public SwitchParameter AllowUnsafeGlobals { get; set; }

    /// <inheritdoc/>
    protected override void ProcessCheckpoint(string path)
    {
        var checkpoint = OpenCheckpoint(path);
        string target = Module is null ? "a new module" : Module.GetType().Name;
        if (!ShouldProcess(target, $"Load '{path}'"))
        {
            return;
        }

        var options = new ImportOptions
        {
            Resident = Resident,
            KeepDType = KeepDType,
            RequiresGrad = RequiresGrad,
            Prefix = Prefix,
            Device = Device,
            AllowUnsafeGlobals = AllowUnsafeGlobals,
        };
        WriteObject(Load(checkpoint, options));
    }

    private PSObject Load(Checkpoint checkpoint, ImportOptions options)
    {
        var progress = new LatestProgress();
        var record = new ProgressRecord(ProgressActivityId, "Importing model", checkpoint.Path);
        bool shown = false;
        var (module, report) = BackgroundWork.Run<(nn.Module, LoadReport)>(
            () => Module is null
                ? ModelLoader.Load(checkpoint, options, progress, StopToken)
                : (Module, ModelLoader.Load(Module, checkpoint, options, progress, StopToken)),
            () => shown |= WriteProgress(record, progress.Latest));
        if (shown)
        {
            record.RecordType = ProgressRecordType.Completed;
            WriteProgress(record);
        }

        WriteVerbose(
            $"{report.TensorCount} tensors {report.Mode.ToLowerInvariant()} from '{report.Path}'"
            + (report.Prefix.Length > 0 ? $", keys begin with '{report.Prefix}'." : "."));
        if (report.MetaKeys.Length > 0)
        {
            WriteWarning($"Still on meta, without values: {string.Join(", ", report.MetaKeys)}.");
        }

        return Attach(module, report);
    }

    private bool WriteProgress(ProgressRecord record, ImportProgress progress)
    {
        bool counted = progress.BytesTotal > 0;
        double part = counted
            ? (double)progress.BytesDone / progress.BytesTotal
            : (double)progress.TensorsDone / Math.Max(1, progress.TensorsTotal);
        record.PercentComplete = (int)(100 * Math.Clamp(part, 0, 1));
        record.StatusDescription = counted
            ? $"{Views.ByteSize.Format(progress.BytesDone)} of {Views.ByteSize.Format(progress.BytesTotal)}"
            : $"{progress.TensorsDone} of {progress.TensorsTotal} tensors";
        WriteProgress(record);
        return true;
    }

    private static PSObject Attach(nn.Module module, LoadReport report)
    {
        var result = PSObject.AsPSObject(module);
        result.Properties.Remove(nameof(LoadReport));
        result.Properties.Add(new PSNoteProperty(nameof(LoadReport), report));
        return result;
    }
}
