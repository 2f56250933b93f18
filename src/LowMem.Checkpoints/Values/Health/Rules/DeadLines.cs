namespace LowMem.Checkpoints.Values.Health.Rules;

/// <summary>Which tensors can have dead rows and columns: weights of layers, of two dimensions or more, that are no masks.</summary>
internal static class DeadLines
{
    /// <summary>Fewer values may all be zero by chance; of types of eight bits, in which zero is one code of few, more.</summary>
    private const int Shortest = 4;
    private const int ShortestOfCodes = 32;

    /// <summary>Beyond that, the marks for rows and columns would take too much memory.</summary>
    private const long MostLines = 1 << 24;

    public static bool IsPossible(HealthSubject subject, long length) =>
        subject is { IsLayerWeight: true, IsMatrix: true, Repeat: 1, Evidence.Sample.IsOneMagnitude: false }
        && ValueCounter.CanCount(subject.Type)
        && subject.Type.Kind != DTypeKind.Complex
        && subject.Type.Name != "float4_e2m1fn_x2"
        && length >= (subject.Type.BitSize == 8 ? ShortestOfCodes : Shortest)
        && subject.View.Shape[0] + subject.View.Shape[1] <= MostLines
        && subject.Counts.Zero >= length
        && subject.Counts.Zero < subject.Counts.Numbers;

    /// <summary>How many values a row has.</summary>
    public static long RowLength(HealthSubject subject) => subject.View.Shape.Count < 2 ? 0 : subject.View.ElementCount / subject.View.Shape[0];

    /// <summary>How many values a column has.</summary>
    public static long ColumnLength(HealthSubject subject) => subject.View.Shape.Count < 2 ? 0 : subject.View.ElementCount / subject.View.Shape[1];

    public static string Describe(string lines, long dead, long all, string key, long first) => dead == 1
        ? $"one of {all} {lines}s of tensor '{key}' is all zero: {lines} {first}"
        : $"{dead} of {all} {lines}s of tensor '{key}' are all zero, {lines} {first} is the first";
}
