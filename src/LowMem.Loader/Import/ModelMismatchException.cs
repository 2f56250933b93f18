using System.Text;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Loader.Import;

/// <summary>A checkpoint does not fit a module. The module has not been touched.</summary>
public sealed class ModelMismatchException : ModelException
{
    private const int MaxLines = 50;

    /// <summary>Creates the error.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="prefix">What its keys have in front of the module's; empty when nothing.</param>
    /// <param name="mismatches">Everything that does not fit; at least one.</param>
    public ModelMismatchException(string path, string prefix, IReadOnlyList<ModelMismatch> mismatches)
        : base(ModelErrorIds.Mismatch, Describe(path, prefix, mismatches), lines: List(mismatches))
    {
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

    private static IEnumerable<string> List(IReadOnlyList<ModelMismatch> mismatches) =>
    [
        .. mismatches.Take(MaxLines).Select(mismatch => $"  {mismatch}"),
        .. mismatches.Count > MaxLines ? (string[])[$"  and {mismatches.Count - MaxLines} more"] : [],
    ];

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
