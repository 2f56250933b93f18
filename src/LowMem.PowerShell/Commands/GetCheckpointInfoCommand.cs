using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using LowMem.Checkpoints;
using LowMem.PowerShell.Completion;
using LowMem.PowerShell.Pipeline;
using LowMem.PowerShell.Provider;

namespace LowMem.PowerShell.Commands;

/// <summary>Get-CheckpointInfo: lists what is in a checkpoint. Reads metadata only, and never loads libtorch.</summary>
[Cmdlet(VerbsCommon.Get, "CheckpointInfo", DefaultParameterSetName = PathSet)]
[OutputType(typeof(TensorInfo), typeof(CheckpointSummary))]
public sealed class GetCheckpointInfoCommand : CheckpointUriCommand
{
    /// <summary>What items of drives mean, by their checkpoint.</summary>
    private readonly OrderedDictionary<string, HashSet<string>> items = new(StringComparer.Ordinal);

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
    private protected override bool TakeItem(string path, DriveSelection selection)
    {
        if (!items.TryGetValue(path, out var keys))
        {
            items.Add(path, keys = new HashSet<string>(StringComparer.Ordinal));
        }

        keys.UnionWith(selection.Tensors);
        return true;
    }

    /// <inheritdoc/>
    protected override void ProcessCheckpoint(string path) => Process(path, keys: null);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (var (path, keys) in items)
        {
            ForItem(path, () => Process(path, keys));
        }

        TellTraffic();
    }

    private void Process(string path, HashSet<string>? keys)
    {
        var checkpoint = OpenCheckpoint(path);
        if (keys is not null)
        {
            checkpoint = checkpoint with { Tensors = [.. checkpoint.Tensors.Where(tensor => keys.Contains(tensor.Key))] };
        }

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
