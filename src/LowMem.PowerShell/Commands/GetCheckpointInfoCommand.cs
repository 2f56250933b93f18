using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Exploring;
using LowMem.PowerShell.Completion;
using LowMem.PowerShell.Errors;
using LowMem.PowerShell.Pipeline;
using LowMem.PowerShell.Provider;

namespace LowMem.PowerShell.Commands;

/// <summary>Get-CheckpointInfo: lists what is in a checkpoint. Reads metadata only, and never loads libtorch.</summary>
[Cmdlet(VerbsCommon.Get, "CheckpointInfo", DefaultParameterSetName = PathSet)]
[OutputType(typeof(TensorInfo), typeof(CheckpointSummary), typeof(CheckpointTreeLine), typeof(TensorPattern), typeof(TensorGroup))]
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

    /// <summary>The tree of modules, one object for each line of it; repeated blocks that are alike are one.</summary>
    [Parameter]
    public SwitchParameter Tree { get; set; }

    /// <summary>How deep the tree goes, or how many names of a module make a group.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int Depth { get; set; }

    /// <summary>Shows each of the repeated blocks in the tree.</summary>
    [Parameter]
    public SwitchParameter Expand { get; set; }

    /// <summary>One object for all tensors whose keys differ in their numbers only.</summary>
    [Parameter]
    public SwitchParameter Pattern { get; set; }

    /// <summary>One object for all tensors of a module, type, shape, file, or shared storage.</summary>
    [Parameter]
    public TensorGrouping Group { get; set; }

    private bool HasDepth => MyInvocation.BoundParameters.ContainsKey(nameof(Depth));

    private bool IsGrouped => MyInvocation.BoundParameters.ContainsKey(nameof(Group));

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        string?[] forms = [Summary ? nameof(Summary) : null, Tree ? nameof(Tree) : null, Pattern ? nameof(Pattern) : null, IsGrouped ? nameof(Group) : null];
        string[] given = [.. forms.OfType<string>()];
        if (given.Length > 1)
        {
            ThrowTerminatingError(ErrorRecords.ParametersExclusive(given[0], given[1]));
        }

        if (Expand && !Tree)
        {
            ThrowTerminatingError(ErrorRecords.ParameterMissing(nameof(Expand), nameof(Tree)));
        }

        if (HasDepth && !Tree && !(IsGrouped && Group == TensorGrouping.Module))
        {
            ThrowTerminatingError(ErrorRecords.ParameterMissing(nameof(Depth), nameof(Tree)));
        }
    }

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

        // One by one: each tensor is described when its turn comes.
        foreach (object item in GetObjects(checkpoint, checkpoint.Tensors.Where(tensor => patterns.IsMatch(tensor.Key))))
        {
            WriteObject(item);
        }

        ReportUnmatched(checkpoint, path, patterns);
        ReportFaults(checkpoint);
    }

    private IEnumerable<object> GetObjects(Checkpoint checkpoint, IEnumerable<TensorInfo> chosen)
    {
        if (!Summary && !Tree && !Pattern && !IsGrouped)
        {
            return chosen;
        }

        var part = checkpoint with { Tensors = Key is null ? checkpoint.Tensors : [.. chosen] };
        if (part.Tensors.Count == 0 && Key is not null && !Summary)
        {
            // As without a form: no tensor, no object. A tree of nothing would look like an answer.
            return [];
        }

        return Tree ? TreeOutline.Of(new CheckpointTree(part), HasDepth ? Depth : int.MaxValue, Expand)
            : Pattern ? TensorPattern.Of(part)
            : IsGrouped ? TensorGroup.Of(part, Group, HasDepth ? Depth : null)
            : [part.GetSummary()];
    }
}
