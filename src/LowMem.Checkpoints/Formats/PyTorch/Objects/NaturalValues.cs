using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Objects;

/// <summary>Turns leaves of the tree into .NET values where .NET has a type of that meaning.</summary>
internal static class NaturalValues
{
    /// <summary>Many objects may be made of one text: its bytes are made once.</summary>
    private static readonly ConditionalWeakTable<PickleObject, Holder> Encoded = [];

    /// <summary>Converts a leaf; false when the node has no natural .NET type.</summary>
    public static bool TryConvert(PickleNode node, out object? value)
    {
        switch (node)
        {
            case PickleScalar scalar:
                value = scalar.Value;
                return true;
            case PickleGlobal global:
                value = global.FullName;
                return true;
            case PickleObject made:
                value = Convert(made);
                return value is not null;
            default:
                value = null;
                return false;
        }
    }

    private static object? Convert(PickleObject made)
    {
        var arguments = made.ArgumentList;
        return made.CallableName switch
        {
            "builtins.complex" when arguments is [PickleScalar { Value: double real }, PickleScalar { Value: double imaginary }] =>
                new Complex(real, imaginary),
            "_codecs.encode" when arguments is [PickleScalar { Value: string text }, ..] => EncodeLatin1(text),
            "builtins.bytearray" or "builtins.bytes" => Bytes(arguments),
            "torch.device" => Device(arguments),
            "datetime.datetime" when arguments is [var packed, ..] && Bytes([packed]) is { Length: 10 } bytes =>
                PythonDates.DateAndTime(bytes, arguments.Count > 1 ? arguments[1] : null),
            "datetime.date" when arguments is [var packed] && Bytes([packed]) is { Length: 4 } bytes => PythonDates.Date(bytes),
            "datetime.time" when arguments is [var packed] && Bytes([packed]) is { Length: 6 } bytes => PythonDates.Time(bytes),
            "datetime.timedelta" => PythonDates.Duration(arguments),
            "decimal.Decimal" when arguments is [PickleScalar { Value: string digits }] => DecimalNumber(digits),
            "fractions.Fraction" => Fraction(arguments),
            "uuid.UUID" => Uuid(made.State),
            "copyreg._reconstructor" when arguments is [PickleGlobal { FullName: "uuid.UUID" }, ..] => Uuid(made.State),
            // Python 3.11 pickles an enum member so.
            "builtins.getattr" when arguments is [PickleGlobal owner, PickleScalar { Value: string member }] =>
                $"{owner.FullName}.{member}",
            { } name when name.EndsWith("multiarray.scalar", StringComparison.Ordinal) => NumpyObjects.TryReadScalar(made),
            { } name when name.EndsWith("multiarray._reconstruct", StringComparison.Ordinal) =>
                NumpyObjects.TryReadArray(made)?.ToValue(),
            { } name when name.EndsWith("numeric._frombuffer", StringComparison.Ordinal) =>
                NumpyObjects.TryReadArray(made)?.ToValue(),
            { } name when name.StartsWith("pathlib.", StringComparison.Ordinal) => PathText(name, arguments),
            _ => null,
        };
    }

    /// <summary>What <c>bytes(...)</c> and <c>bytearray(...)</c> were given.</summary>
    public static byte[]? Bytes(IReadOnlyList<PickleNode> arguments) => arguments switch
    {
        [] => [],
        [PickleScalar { Value: byte[] bytes }] => bytes,
        [PickleScalar { Value: string text }, _] => EncodeLatin1(text),
        [PickleObject { CallableName: "_codecs.encode" } encoded]
            when encoded.ArgumentList is [PickleScalar { Value: string text }, ..] =>
                Encoded.GetValue(encoded, _ => new Holder(EncodeLatin1(text))).Bytes,
        [PickleObject { CallableName: "builtins.bytearray" or "builtins.bytes" } wrapped]
            when wrapped.ArgumentList is [PickleScalar { Value: byte[] bytes }] => bytes,
        _ => null,
    };

    /// <summary>Protocol 2 has no bytes: Python writes them as text of which each character is one byte.</summary>
    private static byte[]? EncodeLatin1(string text) =>
        text.All(character => character <= 0xff) ? Encoding.Latin1.GetBytes(text) : null;

    private static string? Device(IReadOnlyList<PickleNode> arguments) => arguments switch
    {
        [PickleScalar { Value: string type }] => type,
        [PickleScalar { Value: string type }, PickleScalar { Value: long index }] => $"{type}:{index}",
        _ => null,
    };

    /// <summary>A number of more digits, or with an exponent, stays the text that Python wrote.</summary>
    private static object DecimalNumber(string text)
    {
        const int mostDigits = 28;
        return text.Length <= mostDigits
            && decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
            ? number
            : text;
    }

    /// <summary>A UUID is an integer of 128 bits in its state.</summary>
    private static Guid? Uuid(PickleNode? state)
    {
        if ((state as PickleMapping)?.Find("int") is not PickleScalar { Value: long or BigInteger } value)
        {
            return null;
        }

        BigInteger number = value.Value is long small ? small : (BigInteger)value.Value!;
        if (number.Sign < 0 || number.GetBitLength() > 128)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, (UInt128)number);
        return new Guid(bytes, bigEndian: true);
    }

    private static string? Fraction(IReadOnlyList<PickleNode> arguments) => arguments switch
    {
        [PickleScalar { Value: string text }] => text,
        [PickleScalar { Value: long numerator }, PickleScalar { Value: long denominator }] => $"{numerator}/{denominator}",
        _ => null,
    };

    private static string? PathText(string name, IReadOnlyList<PickleNode> arguments)
    {
        char separator = name.EndsWith("WindowsPath", StringComparison.Ordinal) ? '\\' : '/';
        var text = new StringBuilder();
        foreach (var argument in arguments)
        {
            if (argument is not PickleScalar { Value: string part })
            {
                return null;
            }

            // The first part may be the root itself, which brings its own separator.
            if (text.Length > 0 && text[^1] != separator)
            {
                text.Append(separator);
            }

            text.Append(part);
        }

        return text.ToString();
    }

    private sealed record Holder(byte[]? Bytes);
}
