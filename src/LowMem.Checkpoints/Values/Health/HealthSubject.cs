namespace LowMem.Checkpoints.Values.Health;

/// <summary>A tensor, or a part of one, and what is known of its values. The rules judge it.</summary>
/// <param name="view">The part.</param>
/// <param name="evidence">What was gathered; tied tensors share it.</param>
/// <param name="repeat">How often the tensor has each value of the evidence.</param>
/// <param name="isWeight">What <see cref="TensorRole.IsWeight"/> says of its key.</param>
internal sealed class HealthSubject(TensorView view, EvidenceConsumer evidence, long repeat, bool isWeight)
{
    /// <summary>Of a tensor without a shape of two dimensions, so many values are the weights of several layers in one.</summary>
    private const long FlatCount = 1 << 16;

    public TensorView View => view;

    public string Key => view.Tensor.Key;

    public DType Type => evidence.Type;

    public EvidenceConsumer Evidence => evidence;

    public ValueCounts Counts => evidence.Counts;

    public long Repeat => repeat;

    /// <summary>Whether the numbers of a value of the type can be large or small: not those of integers and of codes of eight bits.</summary>
    public bool HasMagnitudes => evidence.Sample.Count > 0;

    public bool IsParameter { get; } = isWeight || TensorRole.IsBias(view.Tensor.Key);

    /// <summary>Whether it has at least two dimensions of more than one.</summary>
    public bool IsMatrix { get; } = CountDimensions(view.Shape) > 1;

    /// <summary>Whether it is what a layer multiplies with, rather than a vector that it scales or shifts by.</summary>
    public bool IsLayerWeight => isWeight && (IsMatrix || view.ElementCount >= FlatCount);

    /// <summary>The shape of the bias beside a weight; null when there is none.</summary>
    public IReadOnlyList<long>? BiasShape { get; init; }

    /// <summary>Whether it has a bias of one value for each row, as linear and convolution layers have.</summary>
    public bool HasBiasOfRows => BiasShape is [var size] && view.Shape.Count > 1 && size == view.Shape[0];

    /// <summary>Wants the values once more; null when they are those of <see cref="View"/>.</summary>
    public Action<BlockPlan, IBlockConsumer>? Reread { get; init; }

    /// <summary>What a second look found; null when there was none.</summary>
    public CloserLook? Look { get; set; }

    /// <summary>How it compares with tensors of the same name but for numbers; null when there are too few.</summary>
    public SiblingComparison? Siblings { get; set; }

    /// <summary>A count of values as the tensor has them.</summary>
    public Int128 Times(long count) => (Int128)count * repeat;

    private static int CountDimensions(IReadOnlyList<long> shape)
    {
        int count = 0;
        for (int i = 0; i < shape.Count; i++)
        {
            count += shape[i] > 1 ? 1 : 0;
        }

        return count;
    }
}
