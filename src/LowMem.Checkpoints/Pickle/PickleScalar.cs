using System.Globalization;
using System.Numerics;

namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// A leaf: null, <see cref="bool"/>, <see cref="long"/>, <see cref="BigInteger"/>, <see cref="double"/>,
/// <see cref="string"/> or an array of <see cref="byte"/>.
/// </summary>
internal sealed class PickleScalar : PickleNode
{
    public static readonly PickleScalar None = new(null);
    public static readonly PickleScalar True = new(true);
    public static readonly PickleScalar False = new(false);

    private static readonly PickleScalar[] SmallIntegers = CreateSmallIntegers();

    private PickleScalar(object? value) => Value = value;

    public object? Value { get; }

    public static PickleScalar Of(bool value) => value ? True : False;

    public static PickleScalar Of(long value) =>
        value is >= 0 and < 256 ? SmallIntegers[value] : new PickleScalar(value);

    public static PickleScalar Of(BigInteger value) =>
        value >= long.MinValue && value <= long.MaxValue ? Of((long)value) : new PickleScalar(value);

    public static PickleScalar Of(double value) => new(value);

    public static PickleScalar Of(string value) => new(value);

    /// <summary>The text of a number.</summary>
    public static PickleScalar OfDigits(long value) => new(value.ToString(CultureInfo.InvariantCulture));

    public static PickleScalar Of(byte[] value) => new(value);

    private static PickleScalar[] CreateSmallIntegers()
    {
        var integers = new PickleScalar[256];
        for (int value = 0; value < integers.Length; value++)
        {
            integers[value] = new PickleScalar((long)value);
        }

        return integers;
    }
}
