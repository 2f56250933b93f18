using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Loader.Import.Keys;

namespace LowMem.Loader.Import.Planning;

/// <summary>A checkpoint does not fit a module. The module has not been touched.</summary>
public sealed class ModelMismatchException : ModelException
{
    private const int MaxLines = 50;

    // One rename mends them all: then a few show that there is no other trouble.
    private const int MaxLinesWithRename = 5;

    /// <summary>Creates the error.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="prefix">What its keys have in front of the module's; empty when nothing.</param>
    /// <param name="mismatches">Everything that does not fit; at least one.</param>
    /// <param name="rename">The one rename after which everything would fit; null when there is none.</param>
    public ModelMismatchException(string path, string prefix, IReadOnlyList<ModelMismatch> mismatches, KeyRename? rename = null)
        : base(ModelErrorIds.Mismatch, Describe(path, prefix, mismatches), lines: List(mismatches, rename))
    {
        Rename = rename;
        Path = path;
        Prefix = prefix;
        Mismatches = mismatches.ToArray();
    }

    /// <summary>The checkpoint.</summary>
    public string Path { get; }

    /// <summary>What its keys have in front of the module's; empty when nothing.</summary>
    public string Prefix { get; }

    /// <summary>Everything that does not fit, grouped by kind; the message names only the first of many.</summary>
    public IReadOnlyList<ModelMismatch> Mismatches { get; }

    /// <summary>The one rename after which everything would fit; null when there is none.</summary>
    public KeyRename? Rename { get; }

    private static string Describe(string path, string prefix, IReadOnlyList<ModelMismatch> mismatches)
    {
        var text = new StringBuilder(path).Append(": the checkpoint does not fit the module");
        if (prefix.Length > 0)
        {
            text.Append(" (its keys begin with '").Append(DisplayText.Name(prefix)).Append("')");
        }

        text.Append(": ").AppendJoin(", ", mismatches.CountBy(mismatch => mismatch.Kind)
            .Select(group => $"{group.Value} {GetLabel(group.Key)}"))
            .Append(". The module is as it was.");

        return text.ToString();
    }

    private static IEnumerable<string> List(IReadOnlyList<ModelMismatch> mismatches, KeyRename? rename)
    {
        var shown = rename is null ? MaxLines : MaxLinesWithRename;
        return
        [
            .. rename is null ? (string[])[] : [$"  One rename makes all of it fit: {rename}"],
            .. mismatches.Take(shown).Select(mismatch => $"  {mismatch}"),
            .. mismatches.Count > shown ? (string[])[$"  and {mismatches.Count - shown} more"] : [],
        ];
    }

    private static string GetLabel(ModelMismatchKind kind) => kind switch
    {
        ModelMismatchKind.MissingKey => "missing",
        ModelMismatchKind.UnexpectedKey => "unexpected",
        ModelMismatchKind.Shape => "of another shape",
        ModelMismatchKind.DType => "of an unfit element type",
        ModelMismatchKind.Unreadable => "unreadable",
        _ => "ambiguous",
    };
}
