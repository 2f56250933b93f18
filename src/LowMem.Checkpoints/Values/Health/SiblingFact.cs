namespace LowMem.Checkpoints.Values.Health;

/// <summary>What is known of a tensor that may have siblings: enough to compare them when the tensors themselves are elsewhere.</summary>
/// <param name="Key">The key.</param>
/// <param name="Pattern">The key with numbers folded, which siblings share.</param>
/// <param name="Shape">The sizes, with commas.</param>
/// <param name="DType">The element type.</param>
/// <param name="RootMeanSquare">How large the values are.</param>
internal sealed record SiblingFact(string Key, string Pattern, string Shape, string DType, double RootMeanSquare)
{
    private const int FewestValues = 16;

    /// <summary>What is known of a tensor; null when it is compared with none.</summary>
    public static SiblingFact? Of(HealthSubject subject) =>
        subject is { IsLayerWeight: true, HasMagnitudes: true, View.IsWhole: true }
        && subject.Evidence.Sample is { Count: >= FewestValues, RootMeanSquare: > 0 } sample
        && double.IsFinite(sample.RootMeanSquare)
            ? new SiblingFact(subject.Key, TensorRole.Fold(subject.Key), string.Join(',', subject.View.Shape), subject.Type.Name, sample.RootMeanSquare)
            : null;
}
