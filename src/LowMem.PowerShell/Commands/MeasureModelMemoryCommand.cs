using System.Management.Automation;
using System.Runtime.CompilerServices;
using LowMem.Checkpoints;
using LowMem.Loader.Estimates;
using LowMem.Loader.Import;
using LowMem.PowerShell.Errors;
using static TorchSharp.torch;

namespace LowMem.PowerShell.Commands;

/// <summary>Measure-ModelMemory: what loading a checkpoint would need, before it is tried.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "ModelMemory", DefaultParameterSetName = PathSet)]
[OutputType(typeof(MemoryEstimate))]
public sealed class MeasureModelMemoryCommand : CheckpointPathCommand
{
    /// <summary>The module to load into; when left out, one made after the checkpoint.</summary>
    /// <remarks>Of no type of TorchSharp: PowerShell would load its assembly to look at this cmdlet.</remarks>
    [Parameter(Position = 1)]
    [ValidateNotNull]
    [ValidateModule]
    public object? Module { get; set; }

    /// <summary>The element types of the checkpoint are taken over instead of casting to the module's.</summary>
    [Parameter]
    public SwitchParameter KeepDType { get; set; }

    /// <summary>Floating-point parameters and buffers get this type instead of their own.</summary>
    [Parameter]
    [ValidateSet("float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz")]
    public string? DType { get; set; }

    /// <summary>What the checkpoint's keys have in front of the module's; found by itself when left out.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? Prefix { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (KeepDType && DType is not null)
        {
            ThrowTerminatingError(ErrorRecords.ParametersExclusive(nameof(KeepDType), nameof(DType)));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessCheckpoint(string path)
    {
        var checkpoint = OpenCheckpoint(path);
        var options = new ImportOptions { KeepDType = KeepDType, DType = DType, Prefix = Prefix, AllowUnsafeGlobals = true };
        WriteObject(Module is null ? MemoryEstimator.Estimate(checkpoint, options) : Estimate(Module is PSObject wrapped ? wrapped.BaseObject : Module, checkpoint, options));
    }

    // In a method of its own: compiling it loads TorchSharp.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private MemoryEstimate Estimate(object module, Checkpoint checkpoint, ImportOptions options) =>
        ModuleMemory.Estimate((nn.Module)module, checkpoint, options, StopToken);
}
