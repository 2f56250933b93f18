namespace LowMem.Loader.Skeletons.Definition.Text;

/// <summary>A value between the parentheses of a layer.</summary>
/// <param name="Position">Where it begins.</param>
internal abstract record ArgumentValue(int Position)
{
    /// <summary>A number, True, False, None, a text in quotes, or a bare word such as <c>mean</c>: as it is written, without quotes.</summary>
    public sealed record Word(int Position, string Text, bool IsQuoted) : ArgumentValue(Position)
    {
        /// <inheritdoc/>
        public override string ToString() => Text;
    }

    /// <summary>A tuple or a list.</summary>
    public sealed record Sequence(int Position, IReadOnlyList<ArgumentValue> Items) : ArgumentValue(Position)
    {
        /// <inheritdoc/>
        public override string ToString() => $"({string.Join(", ", Items)})";
    }
}
