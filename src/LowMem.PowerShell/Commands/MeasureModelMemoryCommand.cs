using System.Management.Automation;
using System.Runtime.CompilerServices;
using LowMem.Checkpoints;
using LowMem.Loader.Estimates;
using LowMem.Loader.Import.Planning;
using LowMem.PowerShell.Pipeline;
using static TorchSharp.torch;

namespace LowMem.PowerShell.Commands;

/// <summary>Measure-ModelMemory: what loading a checkpoint would need, before it is tried.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "ModelMemory", DefaultParameterSetName = PathSet)]
[OutputType(typeof(MemoryEstimate))]
public sealed class MeasureModelMemoryCommand : ModelPathCommand
{
    /// <summary>The module to load into; when left out, one made after the checkpoint.</summary>
    /// <remarks>Of no type of TorchSharp: PowerShell would load its assembly to look at this cmdlet.</remarks>
    [Parameter(Position = 1, ValueFromPipeline = true)]
    [ValidateNotNull]
    [ModuleOnly]
    public object? Module { get; set; }

    /// <summary>Measures what is there when a part of the checkpoint is missing.</summary>
    [Parameter]
    public SwitchParameter AllowMissing { get; set; }

    /// <inheritdoc/>
    protected override void ProcessCheckpoint(string path)
    {
        var checkpoint = OpenCheckpoint(path);
        var options = new ImportOptions
        {
            KeepDType = KeepDType,
            DType = DType,
            Prefix = Prefix,
            AllowMissing = AllowMissing,
            AllowUnsafeGlobals = true,
            Shard = Shards?.Shard,
            ShardRules = Shards?.Rules,
        };
        var estimate = Module is null
            ? MemoryEstimator.Estimate(checkpoint, options)
            : Estimate(Module is PSObject wrapped ? wrapped.BaseObject : Module, checkpoint, options);
        WarnOfLoss(estimate.Path, estimate.Faults, estimate.MissingKeys);
        WriteObject(estimate);
    }

    // In a method of its own: compiling it loads TorchSharp.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private MemoryEstimate Estimate(object module, Checkpoint checkpoint, ImportOptions options) =>
        ModuleMemory.Estimate((nn.Module)module, checkpoint, options, StopToken);
}
