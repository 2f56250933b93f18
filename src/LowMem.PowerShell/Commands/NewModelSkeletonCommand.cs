using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using LowMem.Checkpoints.Formats;
using LowMem.Loader;
using LowMem.Loader.Native;
using LowMem.Loader.Skeletons;
using LowMem.Loader.Skeletons.FromCheckpoint;
using LowMem.PowerShell.Completion;
using LowMem.PowerShell.Errors;
using LowMem.PowerShell.Pipeline;
using static TorchSharp.torch;

namespace LowMem.PowerShell.Commands;

/// <summary>New-ModelSkeleton: makes a module on meta, which has shapes and no values.</summary>
[Cmdlet(VerbsCommon.New, "ModelSkeleton", DefaultParameterSetName = ScriptBlockSet)]
[OutputType("TorchSharp.torch+nn+Module")]
public sealed class NewModelSkeletonCommand : LowMemCommand
{
    private const string ScriptBlockSet = "ScriptBlock";
    private const string TypeSet = "Type";
    private const string CheckpointSet = "Checkpoint";
    private const string DefinitionSet = "Definition";

    // Less than this is no reason to build a model in another way.
    private const long NotableBytes = 256L << 20;

    private readonly List<string> lines = [];
    private readonly HashSet<string> named = new(StringComparer.Ordinal);

    /// <summary>Returns the module, or an ordered dictionary of its parts.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ScriptBlockSet, HelpMessage = "A script block that returns the module")]
    [ValidateNotNull]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    /// <summary>The .NET assembly that holds the module's type.</summary>
    [Parameter(Mandatory = true, ParameterSetName = TypeSet, HelpMessage = "The path of a .NET assembly")]
    [ValidateNotNullOrEmpty]
    public string AssemblyPath { get; set; } = string.Empty;

    /// <summary>The type, with or without its namespace.</summary>
    [Parameter(Mandatory = true, ParameterSetName = TypeSet, HelpMessage = "The name of a type that derives from torch.nn.Module")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModuleTypeCompleter))]
    public string TypeName { get; set; } = string.Empty;

    /// <summary>What the type's constructor takes.</summary>
    [Parameter(ParameterSetName = TypeSet)]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public object?[] ArgumentList { get; set; } = [];

    /// <summary>What print(model) writes in PyTorch: the text, its lines, or the path of a file that holds it.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DefinitionSet, ValueFromPipeline = true, HelpMessage = "The text of print(model) in PyTorch, or the path of a text file")]
    [TextOnly]
    [AllowEmptyString]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[] Definition { get; set; } = [];

    /// <summary>The checkpoint whose names, shapes and types the module is to have.</summary>
    [Parameter(Mandatory = true, ParameterSetName = CheckpointSet, ValueFromPipelineByPropertyName = true, HelpMessage = "The path of a checkpoint")]
    [Parameter(ParameterSetName = DefinitionSet)]
    [Alias("Path", "PSPath")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ArchiveMemberCompleter))]
    public string Checkpoint { get; set; } = string.Empty;

    /// <summary>The sub-dictionary of the checkpoint that holds the weights; found by itself when left out.</summary>
    [Parameter(ParameterSetName = CheckpointSet)]
    [Parameter(ParameterSetName = DefinitionSet)]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(CheckpointPrefixCompleter))]
    public string? Prefix { get; set; }

    /// <summary>Classes of the text that run their modules one after the other; wildcards are allowed.</summary>
    [Parameter(ParameterSetName = DefinitionSet)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[]? AssumeSequential { get; set; }

    /// <summary>Makes the skeleton of what is there when a part of the checkpoint is missing.</summary>
    [Parameter(ParameterSetName = CheckpointSet)]
    [Parameter(ParameterSetName = DefinitionSet)]
    public SwitchParameter AllowMissing { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == DefinitionSet)
        {
            // Get-Content hands over a text line by line.
            lines.AddRange(Definition);
            return;
        }

        // All tensors of a checkpoint name it, and one skeleton is wanted.
        if (ParameterSetName != CheckpointSet || !MyInvocation.ExpectingInput || named.Add(Checkpoint))
        {
            ForItem(Target, () => WriteObject(Create()));
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (ParameterSetName == DefinitionSet)
        {
            ForItem(lines.Count == 1 ? lines[0] : null, () => WriteObject(CreateFromDefinition(string.Join('\n', lines))));
        }
    }

    private object Target => ParameterSetName switch
    {
        TypeSet => TypeName,
        CheckpointSet => Checkpoint,
        _ => ScriptBlock,
    };

    private nn.Module Create()
    {
        // Types of TorchSharp can be named in a script block only once its assembly is loaded, and it must not look
        // for libtorch itself.
        NativeLibraryLoader.EnsureLoaded();
        return ParameterSetName switch
        {
            TypeSet => SkeletonBuilder.FromAssembly(GetFilePath(AssemblyPath), TypeName, [.. ArgumentList.Select(Unwrap)], WarnOfMemory),
            CheckpointSet => SkeletonBuilder.FromCheckpoint(OpenCheckpoint(), Prefix, OnLoss, StopToken),
            _ => SkeletonBuilder.FromFactory(RunScriptBlock, Unwrap, WarnOfMemory),
        };
    }

    private Action<CheckpointLoss>? OnLoss =>
        AllowMissing ? loss => WarnOfLoss(Checkpoint, loss.Faults, loss.MissingKeys) : null;

    private void WarnOfMemory(long bytes)
    {
        if (bytes >= NotableBytes)
        {
            WriteWarning(
                $"{Views.ByteSize.Format(bytes)} were taken for initial values while the module was made, and are free again: some classes of TorchSharp "
                + "(Embedding, LSTM, GRU, RNN, MultiheadAttention, Transformer) do not ask for the default device. "
                + "New-ModelSkeleton -Definition 'Embedding(50000, 4096)' makes such a part without, in a script block, too.");
        }
    }

    private nn.Module CreateFromDefinition(string text)
    {
        LowMem.Checkpoints.Checkpoint? checkpoint = Checkpoint.Length > 0 ? OpenCheckpoint() : null;
        var sequences = AssumeSequential is null ? null : new ClassSelection(AssumeSequential);
        Func<string, bool>? isSequence = sequences is null ? null : sequences.IsChosen;
        var module = FindFile(text) is { } path
            ? SkeletonBuilder.FromDefinitionFile(path, checkpoint, Prefix, isSequence, OnLoss, StopToken)
            : SkeletonBuilder.FromDefinition(text, checkpoint, Prefix, source: null, isSequence, OnLoss, StopToken);
        if (sequences?.DescribeUnmatched() is { } warning)
        {
            WriteWarning(warning);
        }

        return module;
    }

    // One line that names a file is a path. No model is: its text has parentheses, if nothing else.
    private string? FindFile(string text)
    {
        if (text.Length == 0 || text.AsSpan().ContainsAny('\r', '\n'))
        {
            return null;
        }

        try
        {
            string path = GetFilePath(text);
            return File.Exists(path) ? path
                : text.Contains('(', StringComparison.Ordinal) ? null
                : throw new ModelException(
                    ModelErrorIds.SkeletonInvalid,
                    $"'{text}' is neither a file nor the text of a model. Give what print(model) writes in PyTorch, or the path of a file that holds it.");
        }
        catch (RefusedException)
        {
            return null;
        }
    }

    private LowMem.Checkpoints.Checkpoint OpenCheckpoint()
    {
        // A name inside an archive is no path of the file system, in which '..' would be a step up.
        var inArchive = ArchivePathResolver.Resolve(Checkpoint, literal: true, archive => [GetFilePath(archive)], StopToken);
        return LowMem.Checkpoints.Checkpoint.Open(inArchive is null ? GetFilePath(Checkpoint) : inArchive[0], StopToken);
    }

    private object? RunScriptBlock()
    {
        Collection<PSObject?> results;
        try
        {
            results = ScriptBlock.Invoke();
        }
        catch (RuntimeException exception) when (NativeMessage.FindCause(exception) is not null)
        {
            // A layer that cannot be: one error for this module, and no stack trace of C++.
            var cause = NativeMessage.FindCause(exception)!;
            string place = exception.ErrorRecord.InvocationInfo is { } invocation
                ? $", line {invocation.ScriptLineNumber}, '{invocation.Line.Trim()}'"
                : string.Empty;
            throw new ModelException(
                ModelErrorIds.SkeletonInvalid, $"The script block failed{place}: {NativeMessage.GetFirstLine(cause)}", exception);
        }

        return results.Count switch
        {
            0 => throw new ModelException(
                ModelErrorIds.SkeletonInvalid, "The script block returned nothing. It is to return a module, a list or a dictionary of modules."),
            1 => Unwrap(results[0]),
            _ => results,
        };
    }

    private static object? Unwrap(object? value) => value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;
}
