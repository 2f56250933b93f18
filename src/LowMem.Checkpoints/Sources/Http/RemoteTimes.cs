namespace LowMem.Checkpoints.Sources.Http;

/// <summary>How long servers are waited for, and how often they are asked again.</summary>
internal sealed record RemoteTimes
{
    /// <summary>For a connection to one address.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>For the beginning of an answer, and between two pieces of it.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Fewer bytes in a second, after <see cref="Silence"/> is over, are no answer.</summary>
    public int SlowestRate { get; init; } = 8 << 10;

    /// <summary>How often one range is asked again.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>Before the first repetition; it doubles from one to the next.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait, also where the server asks for one: when it wants more, that is the error.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Who tells the time and wakes up.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The longest that an answer of some bytes may take as a whole.</summary>
    public TimeSpan LimitOf(long bytes) => Silence + TimeSpan.FromSeconds((double)bytes / SlowestRate);
}
