using System.Management.Automation;
using LowMem.Loader.Meta;
using static TorchSharp.torch;

namespace LowMem.PowerShell.Commands;

/// <summary>Move-ModuleToMeta: frees a module's storage and keeps its shapes.</summary>
[Cmdlet(VerbsCommon.Move, "ModuleToMeta", SupportsShouldProcess = true)]
[OutputType("TorchSharp.torch+nn+Module")]
public sealed class MoveModuleToMetaCommand : LowMemCommand
{
    /// <summary>The module.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, HelpMessage = "A TorchSharp module")]
    [ValidateNotNull]
    public nn.Module Module { get; set; } = null!;

    /// <summary>Writes the module to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Module, () =>
    {
        if (ShouldProcess(Module.GetType().Name, "Free the values of all parameters and buffers"))
        {
            var result = MetaMover.Move(Module);
            WriteVerbose($"{result.ParameterCount} parameters and buffers moved to meta, {result.FreedBytes} bytes freed.");
        }

        if (PassThru)
        {
            WriteObject(Module);
        }
    });
}
