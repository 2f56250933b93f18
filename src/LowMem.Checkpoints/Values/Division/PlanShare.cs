namespace LowMem.Checkpoints.Values.Division;

/// <summary>What of a plan is read here: all of it, or the share of one part.</summary>
internal sealed class PlanShare
{
    private readonly HashSet<IBlockConsumer>? consumers;

    private PlanShare(HashSet<IBlockConsumer>? consumers, bool hasCommon, string layout) =>
        (this.consumers, HasCommon, Layout) = (consumers, hasCommon, layout);

    /// <summary>All of it.</summary>
    public static PlanShare Whole { get; } = new(null, hasCommon: true, string.Empty);

    /// <summary>Whether what is said of the whole, and what needs no bytes, is said here.</summary>
    public bool HasCommon { get; }

    /// <summary>How all of it was given out: the same for all parts that saw the same.</summary>
    public string Layout { get; }

    /// <summary>Whether a consumer gets its bytes here.</summary>
    public bool Has(IBlockConsumer? consumer) => consumers is null || (consumer is not null && consumers.Contains(consumer));

    /// <summary>The share of a part.</summary>
    /// <param name="consumers">Those that get their bytes here.</param>
    /// <param name="hasCommon">Whether what is said of the whole is said here.</param>
    /// <param name="layout">How all of it was given out.</param>
    public static PlanShare Of(HashSet<IBlockConsumer> consumers, bool hasCommon, string layout) => new(consumers, hasCommon, layout);
}
