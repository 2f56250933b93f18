namespace LowMem.Checkpoints.Values.Scaled;

/// <summary>
/// The tensors of a checkpoint that are codes with scales, told by their types, names and shapes and by a <c>config.json</c>
/// beside it. What has scales and fits no scheme has the scheme <see cref="ScaleSchemes.Unknown"/>: nothing is guessed.
/// </summary>
public sealed class ScaledTensors
{
    private readonly Dictionary<string, ScaledTensor> byStored;
    private readonly HashSet<string> scales;

    private ScaledTensors(IReadOnlyList<ScaledTensor> all)
    {
        All = all;
        byStored = all.ToDictionary(tensor => tensor.Stored.Key, StringComparer.Ordinal);
        scales = all.SelectMany(tensor => tensor.ScaleKeys).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>All of them, in the order of the checkpoint.</summary>
    public IReadOnlyList<ScaledTensor> All { get; }

    /// <summary>Finds them. Reads <c>config.json</c> where some tensor may have scales, and nothing else.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    public static ScaledTensors Find(Checkpoint checkpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (!checkpoint.Tensors.Any(SchemeRecognizer.MayHaveScales))
        {
            return new ScaledTensors([]);
        }

        var recognizer = new SchemeRecognizer(checkpoint.Tensors, QuantizationConfig.Read(checkpoint, cancellationToken));
        return new ScaledTensors([.. checkpoint.Tensors
            .Where(SchemeRecognizer.MayHaveScales)
            .DistinctBy(tensor => tensor.Key, StringComparer.Ordinal)
            .Select(recognizer.Recognize)
            .OfType<ScaledTensor>()]);
    }

    /// <summary>What the codes of a stored tensor stand for; null when it has no scales.</summary>
    /// <param name="storedKey">The key of the codes.</param>
    public ScaledTensor? OfStored(string storedKey) => byStored.GetValueOrDefault(storedKey);

    /// <summary>Whether a stored tensor is the scales of another, whose numbers are known.</summary>
    /// <param name="storedKey">Its key.</param>
    public bool AreScales(string storedKey) => scales.Contains(storedKey);
}
