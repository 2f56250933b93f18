using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using LowMem.Checkpoints;
using LowMem.PowerShell.Completion;
using LowMem.PowerShell.Pipeline;

namespace LowMem.PowerShell.Commands;

/// <summary>Get-CheckpointInfo: lists what is in a checkpoint. Reads metadata only, and never loads libtorch.</summary>
[Cmdlet(VerbsCommon.Get, "CheckpointInfo", DefaultParameterSetName = PathSet)]
[OutputType(typeof(TensorInfo), typeof(CheckpointSummary))]
public sealed class GetCheckpointInfoCommand : CheckpointUriCommand
{
    /// <summary>Which tensors; wildcards are allowed.</summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CheckpointKeyCompleter))]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[]? Key { get; set; }

    /// <summary>One object for each checkpoint instead of one for each tensor.</summary>
    [Parameter]
    public SwitchParameter Summary { get; set; }

    /// <inheritdoc/>
    protected override void ProcessCheckpoint(string path)
    {
        var checkpoint = OpenCheckpoint(path);
        var patterns = new NamePatterns(Key);
        var chosen = checkpoint.Tensors.Where(tensor => patterns.IsMatch(tensor.Key));
        if (Summary)
        {
            WriteObject((checkpoint with { Tensors = Key is null ? checkpoint.Tensors : [.. chosen] }).GetSummary());
        }
        else
        {
            // One by one: each is described when its turn comes.
            foreach (var tensor in chosen)
            {
                WriteObject(tensor);
            }
        }

        ReportUnmatched(checkpoint, path, patterns);
        ReportFaults(checkpoint);
    }
}
