using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using LowMem.Loader.Modules;
using LowMem.PowerShell.Completion;
using LowMem.PowerShell.Errors;
using LowMem.PowerShell.Pipeline;
using static TorchSharp.torch;

namespace LowMem.PowerShell.Commands;

/// <summary>Get-ModuleParameter: which submodule owns each key of a module's state dict.</summary>
[Cmdlet(VerbsCommon.Get, "ModuleParameter")]
[OutputType(typeof(ModuleParameter))]
public sealed class GetModuleParameterCommand : LowMemCommand
{
    /// <summary>The module.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, HelpMessage = "A TorchSharp module")]
    [ValidateNotNull]
    public nn.Module Module { get; set; } = null!;

    /// <summary>Which parameters and buffers; wildcards are allowed.</summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModuleKeyCompleter))]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[]? Key { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Module, () =>
    {
        var patterns = new NamePatterns(Key);
        var parameters = ModuleTree.GetParameters(Module);
        foreach (var parameter in parameters.Where(parameter => patterns.IsMatch(parameter.Key)))
        {
            StopToken.ThrowIfCancellationRequested();
            WriteObject(parameter);
        }

        foreach (string pattern in patterns.Invalid)
        {
            WriteError(ErrorRecords.WildcardInvalid(pattern, Module));
        }

        foreach (string key in patterns.Unmatched)
        {
            WriteError(ErrorRecords.ParameterNotFound(key, parameters.Select(parameter => parameter.Key), Module));
        }
    });
}
