using System.Globalization;
using System.Text.Json;

namespace LowMem.Checkpoints.Verification.Signing.Keyless;

/// <summary>A span of time that may have no end.</summary>
internal readonly record struct ValidTime(DateTimeOffset Start, DateTimeOffset End)
{
    public static ValidTime Parse(JsonElement? span) => new(
        span?.FindText("start") is { } start ? ParseTime(start) : DateTimeOffset.MinValue,
        span?.FindText("end") is { } end ? ParseTime(end) : DateTimeOffset.MaxValue);

    public bool Contains(DateTimeOffset time) => time >= Start && time <= End;

    private static DateTimeOffset ParseTime(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw SignatureFault.Invalid("a time in it is none");
}
