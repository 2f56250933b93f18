namespace LowMem.Checkpoints.Values.Health;

/// <summary>How large numbers are at most, and whether all are the same.</summary>
/// <param name="Largest">The greatest magnitude of a finite number; 0 when there is none.</param>
/// <param name="Pattern">The bits of every number while all have the same; of others, those of the first.</param>
/// <param name="AreSame">Whether all have the same bits; true of none.</param>
internal readonly record struct ValueExtremes(double Largest, long? Pattern, bool AreSame)
{
    public static ValueExtremes None { get; } = new(0, null, true);

    public static ValueExtremes operator +(ValueExtremes left, ValueExtremes right) => new(
        Math.Max(left.Largest, right.Largest),
        left.Pattern ?? right.Pattern,
        left.AreSame && right.AreSame && (left.Pattern is null || right.Pattern is null || left.Pattern == right.Pattern));
}
