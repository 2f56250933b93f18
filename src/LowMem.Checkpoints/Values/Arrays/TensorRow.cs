using System.Globalization;

namespace LowMem.Checkpoints.Values.Arrays;

/// <summary>One row of a tensor: the values along its last dimension.</summary>
public sealed class TensorRow
{
    internal TensorRow(long[] index, Array values)
    {
        Index = index;
        Values = values;
    }

    /// <summary>The index in each dimension but the last.</summary>
    public IReadOnlyList<long> Index { get; }

    /// <summary>The values, as an array of one dimension.</summary>
    public Array Values { get; }

    /// <summary>One of the values.</summary>
    /// <param name="index">Which; counted from the end when it is negative.</param>
    public object? this[int index] => Values.GetValue(index < 0 ? Values.Length + index : index);

    /// <summary>The values in invariant notation, with spaces between them.</summary>
    public override string ToString() =>
        string.Join(' ', Values.Cast<object>().Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)));
}
