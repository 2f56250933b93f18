using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch;

/// <summary>Turns leaves of the tree into .NET values where .NET has a type of that meaning.</summary>
internal static class NaturalValues
{
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
            "datetime.datetime" when arguments is [var packed, ..] && Bytes([packed]) is { Length: 10 } bytes => DateAndTime(bytes),
            "datetime.date" when arguments is [var packed] && Bytes([packed]) is { Length: 4 } bytes => Date(bytes),
            "datetime.timedelta" => Duration(arguments),
            // Python 3.11 pickles an enum member so.
            "builtins.getattr" when arguments is [PickleGlobal owner, PickleScalar { Value: string member }] =>
                $"{owner.FullName}.{member}",
            { } name when name.EndsWith("multiarray.scalar", StringComparison.Ordinal) => NumpyObjects.TryReadScalar(made),
            { } name when name.EndsWith("multiarray._reconstruct", StringComparison.Ordinal) =>
                NumpyObjects.TryReadArray(made)?.ToString(),
            { } name when name.StartsWith("pathlib.", StringComparison.Ordinal) => PathText(name, arguments),
            _ => null,
        };
    }

    private static byte[]? Bytes(IReadOnlyList<PickleNode> arguments) => arguments switch
    {
        [] => [],
        [PickleScalar { Value: byte[] bytes }] => bytes,
        [PickleScalar { Value: string text }, _] => EncodeLatin1(text),
        [PickleObject { CallableName: "_codecs.encode" } encoded]
            when encoded.ArgumentList is [PickleScalar { Value: string text }, ..] => EncodeLatin1(text),
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

    /// <summary>Year (big-endian, two bytes), month, day, hour, minute, second, microsecond (three bytes).</summary>
    private static DateTime? DateAndTime(byte[] packed)
    {
        try
        {
            // Bit 7 of the month is the "fold" of an ambiguous local time.
            var time = new DateTime(
                BinaryPrimitives.ReadUInt16BigEndian(packed), packed[2] & 0x7f, packed[3], packed[4], packed[5], packed[6], DateTimeKind.Unspecified);
            return time.AddMicroseconds((packed[7] << 16) | (packed[8] << 8) | packed[9]);
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private static DateTime? Date(byte[] packed)
    {
        try
        {
            return new DateTime(
                BinaryPrimitives.ReadUInt16BigEndian(packed), packed[2], packed[3], 0, 0, 0, DateTimeKind.Unspecified);
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private static TimeSpan? Duration(IReadOnlyList<PickleNode> arguments)
    {
        if (arguments is not [PickleScalar { Value: long days }, PickleScalar { Value: long seconds }, PickleScalar { Value: long microseconds }])
        {
            return null;
        }

        try
        {
            return TimeSpan.FromDays((int)days, 0, 0, seconds, 0, microseconds);
        }
        catch (Exception exception) when (exception is OverflowException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

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
}
