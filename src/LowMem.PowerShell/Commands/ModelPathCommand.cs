using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using LowMem.PowerShell.Completion;
using LowMem.PowerShell.Errors;
using LowMem.PowerShell.Pipeline;

namespace LowMem.PowerShell.Commands;

/// <summary>What the cmdlets share that load a checkpoint into a module, or say what that would take.</summary>
/// <remarks>Has no parameter of a type of TorchSharp: PowerShell would load its assembly to look at the cmdlets.</remarks>
public abstract class ModelPathCommand : CheckpointUriCommand
{
    /// <summary>Takes over the checkpoint's element types instead of casting to the module's.</summary>
    [Parameter]
    public SwitchParameter KeepDType { get; set; }

    /// <summary>Gives floating-point parameters and buffers this type instead of their own.</summary>
    [Parameter]
    [ValidateSet("float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz")]
    public string? DType { get; set; }

    /// <summary>What the checkpoint's keys have in front of the module's; found by itself when left out.</summary>
    [Parameter]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(CheckpointPrefixCompleter))]
    public string? Prefix { get; set; }

    /// <summary>The share of each tensor that is loaded, such as <c>3/8</c>, from 1 on.</summary>
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

    /// <summary>What the two say; null when there is no shard.</summary>
    private protected ShardArguments? Shards { get; private set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (KeepDType && DType is not null)
        {
            ThrowTerminatingError(ErrorRecords.ParametersExclusive(nameof(KeepDType), nameof(DType)));
        }

        try
        {
            Shards = ShardArguments.Create(Shard, ShardRule);
        }
        catch (RefusedException error)
        {
            ThrowTerminatingError(error.Record);
        }
    }
}
