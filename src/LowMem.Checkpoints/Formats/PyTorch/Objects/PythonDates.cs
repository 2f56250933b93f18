using System.Buffers.Binary;
using System.Globalization;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Objects;

/// <summary>Python's dates and times, which pickle themselves as packed bytes (<c>Lib/_pydatetime.py</c>).</summary>
internal static class PythonDates
{
    /// <summary>
    /// Year (two bytes, big-endian), month, day, hour, minute, second, microsecond (three bytes). A
    /// <see cref="DateTime"/> when no time zone is given, a <see cref="DateTimeOffset"/> when it is a fixed offset, and
    /// text when it is a place.
    /// </summary>
    public static object? DateAndTime(byte[] packed, PickleNode? zone)
    {
        try
        {
            // Bit 7 of the month is the "fold" of an ambiguous local time.
            var time = new DateTime(
                BinaryPrimitives.ReadUInt16BigEndian(packed), packed[2] & 0x7f, packed[3], packed[4], packed[5], packed[6], DateTimeKind.Unspecified)
                .AddMicroseconds(Microseconds(packed.AsSpan(7)));
            return zone switch
            {
                null or PickleScalar { Value: null } => time,
                PickleObject { CallableName: "datetime.timezone" } fixedZone
                    when fixedZone.ArgumentList is [PickleObject { CallableName: "datetime.timedelta" } offset, ..]
                    && Duration(offset.ArgumentList) is { } difference => new DateTimeOffset(time, difference),
                _ => $"{time.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFF", CultureInfo.InvariantCulture)} {PythonText.Describe(zone)}",
            };
        }
        catch (ArgumentException)
        {
            // A date or an offset that no calendar has.
            return null;
        }
    }

    public static DateTime? Date(byte[] packed)
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

    /// <summary>Hour, minute, second, microsecond (three bytes).</summary>
    public static TimeOnly? Time(byte[] packed)
    {
        try
        {
            return new TimeOnly(packed[0] & 0x7f, packed[1], packed[2]).Add(TimeSpan.FromMicroseconds(Microseconds(packed.AsSpan(3))));
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    /// <summary>Days, seconds, microseconds.</summary>
    public static TimeSpan? Duration(IReadOnlyList<PickleNode> arguments)
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

    private static int Microseconds(ReadOnlySpan<byte> packed) => (packed[0] << 16) | (packed[1] << 8) | packed[2];
}
