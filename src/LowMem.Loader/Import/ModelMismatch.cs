namespace LowMem.Loader.Import;

/// <summary>One thing about which a checkpoint and a module disagree.</summary>
/// <param name="Kind">In what way.</param>
/// <param name="Key">The module's key; the checkpoint's full key when it is unexpected.</param>
/// <param name="Expected">What the module has, or null when it has nothing of that name.</param>
/// <param name="Found">What the checkpoint has, or null when it has nothing of that name.</param>
public sealed record ModelMismatch(ModelMismatchKind Kind, string Key, string? Expected, string? Found)
{
    /// <summary>What may be the reason and what to do then, as a sentence; null when nothing in particular is known.</summary>
    public string? Advice { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Advice is null ? Describe() : $"{Describe()}. {Advice}";

    private string Describe() => Kind switch
    {
        ModelMismatchKind.MissingKey => $"{Key} is missing (the module has {Expected})",
        ModelMismatchKind.UnexpectedKey => $"{Key} is unexpected (the checkpoint has {Found})",
        ModelMismatchKind.Unreadable => $"{Key} cannot be read ({Found})",
        _ => $"{Key}: the module has {Expected}, the checkpoint {Found}",
    };
}
