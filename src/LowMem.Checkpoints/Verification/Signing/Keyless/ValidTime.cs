using System.Globalization;
using System.Text.Json;

namespace LowMem.Checkpoints.Verification.Signing.Keyless;

/// <summary>A span of time that may have no end.</summary>
internal readonly record struct ValidTime(DateTimeOffset Start, DateTimeOffset End)
{
    /// <exception cref="SignatureFault">It does not say when it starts: that is no time without a start.</exception>
    public static ValidTime Parse(JsonElement? span) => new(
        span?.FindText("start") is { } start ? ParseTime(start) : throw SignatureFault.Invalid("a 'validFor' in it has no start"),
        span?.FindText("end") is { } end ? ParseTime(end) : DateTimeOffset.MaxValue);

    public bool Contains(DateTimeOffset time) => time >= Start && time <= End;

    private static DateTimeOffset ParseTime(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw SignatureFault.Invalid("a time in it is none");
}
