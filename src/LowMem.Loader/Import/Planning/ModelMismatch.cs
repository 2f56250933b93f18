using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Loader.Import.Planning;

/// <summary>One thing about which a checkpoint and a module disagree.</summary>
/// <param name="Kind">In what way.</param>
/// <param name="Key">The module's key; the checkpoint's full key when it is unexpected.</param>
/// <param name="Expected">What the module has, or null when it has nothing of that name.</param>
/// <param name="Found">What the checkpoint has, or null when it has nothing of that name.</param>
public sealed record ModelMismatch(ModelMismatchKind Kind, string Key, string? Expected, string? Found)
{
    /// <summary>What may be the reason and what to do then, as a sentence; null when nothing in particular is known.</summary>
    public string? Advice { get; init; }

    /// <summary>What does not fit, as one sentence; harmless to show, whatever the file says.</summary>
    public override string ToString() => DisplayText.Line(Advice is null ? Describe() : $"{Describe()}. {Advice}");

    private string Describe()
    {
        string key = DisplayText.Name(Key);
        return Kind switch
        {
            ModelMismatchKind.MissingKey => $"{key} is missing (the module has {Expected})",
            ModelMismatchKind.UnexpectedKey => $"{key} is unexpected (the checkpoint has {Found})",
            ModelMismatchKind.Unreadable => $"{key} cannot be read ({Found})",
            _ => $"{key}: the module has {Expected}, the checkpoint {Found}",
        };
    }
}
