using System.Management.Automation;
using LowMem.Checkpoints.Conversion;
using LowMem.Loader.Export;
using LowMem.PowerShell.Completion;
using LowMem.PowerShell.Pipeline;
using static TorchSharp.torch;

namespace LowMem.PowerShell.Commands;

/// <summary>Export-ModelCheckpoint: saves a module as safetensors or as torch.save does, straight from the memory of its tensors.</summary>
[Cmdlet(VerbsData.Export, "ModelCheckpoint", SupportsShouldProcess = true)]
[OutputType(typeof(ConversionReport))]
public sealed class ExportModelCheckpointCommand : LowMemCommand
{
    /// <summary>The module.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, HelpMessage = "A TorchSharp module")]
    [ValidateNotNull]
    public nn.Module Module { get; set; } = null!;

    /// <summary>A file whose extension says the format, or a directory.</summary>
    [Parameter(Mandatory = true, Position = 1, HelpMessage = "A .safetensors, .pt, .pth, .bin or .ckpt file, or a directory")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = string.Empty;

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

    /// <summary>Replaces what is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Reads all that was written back, and compares it.</summary>
    [Parameter]
    public SwitchParameter Verify { get; set; }

    /// <summary>Writes an object that says what was written.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Path, () =>
    {
        var destination = ConversionOutput.Find(Path, GetFilePath(Path), Format, ModuleExport.Format);
        using var export = ModuleExport.Of(Module);
        var options = new ConversionOptions { Type = DType is null ? null : Checkpoints.DType.Get(DType), MaxShardSize = MaxShardSize };
        var plan = ConversionPlan.Create(export.Checkpoint, destination, options, StopToken);
        var run = new ConversionRun(plan, new ConversionSettings { Replaces = Force, Verifies = Verify });
        run.CheckOutput();
        if (!ShouldProcess(plan.Path, ConversionOutput.Describe(plan, "Save")))
        {
            return;
        }

        var report = ProgressBar.Run(this, "Saving module", plan.Path, progress => run.Run(progress, StopToken));
        WriteVerbose(ConversionOutput.Describe(report));
        if (PassThru)
        {
            WriteObject(report);
        }
    });
}
