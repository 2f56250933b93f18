using System.Numerics;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Differential;

/// <summary>When Python takes two keys for one: 1, 1.0 and True are equal, tuples by their items, the rest by identity.</summary>
internal sealed class PythonEquality : IEqualityComparer<PickleNode>
{
    public static readonly PythonEquality Instance = new();

    public bool Equals(PickleNode? x, PickleNode? y)
    {
        if (ReferenceEquals(x, y))
        {
            return true;
        }

        return (x, y) switch
        {
            (PickleScalar { Value: var a }, PickleScalar { Value: var b }) => AreEqual(Normalize(a), Normalize(b)),
            (PickleSequence { Kind: PickleSequenceKind.Tuple } a, PickleSequence { Kind: PickleSequenceKind.Tuple } b) => a.Items.SequenceEqual(b.Items, this),
            (PickleSequence { Kind: PickleSequenceKind.FrozenSet } a, PickleSequence { Kind: PickleSequenceKind.FrozenSet } b) =>
                a.Items.ToHashSet(this).SetEquals(b.Items),
            _ => false,
        };
    }

    public int GetHashCode(PickleNode obj) => obj switch
    {
        PickleScalar { Value: byte[] bytes } => bytes.Length,
        PickleScalar { Value: double.NaN } => 0,
        PickleScalar scalar => Normalize(scalar.Value)?.GetHashCode() ?? 0,
        PickleSequence { Kind: PickleSequenceKind.Tuple } tuple => tuple.Count,
        PickleSequence { Kind: PickleSequenceKind.FrozenSet } => 1,
        _ => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj),
    };

    private static bool AreEqual(object? a, object? b) => (a, b) switch
    {
        (byte[] x, byte[] y) => x.AsSpan().SequenceEqual(y),
        (double x, double y) => x == y,
        _ => Equals(a, b),
    };

    /// <summary>Whole numbers of all kinds as one.</summary>
    private static object? Normalize(object? value) => value switch
    {
        bool flag => flag ? BigInteger.One : BigInteger.Zero,
        long number => (BigInteger)number,
        double number when double.IsInteger(number) => (BigInteger)number,
        _ => value,
    };
}
