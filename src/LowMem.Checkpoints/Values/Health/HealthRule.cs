namespace LowMem.Checkpoints.Values.Health;

/// <summary>One thing that can be wrong with the values of a tensor, the evidence for it and its threshold. See docs/health.md.</summary>
internal abstract class HealthRule
{
    /// <summary>Whether a closer look for this rule is at rows and columns.</summary>
    public virtual bool MarksLines => false;

    /// <summary>Judges a tensor.</summary>
    /// <param name="subject">The tensor, with all that was gathered.</param>
    /// <returns>What there is to say; null when it is as it should be.</returns>
    public abstract HealthFinding? Judge(HealthSubject subject);

    /// <summary>Whether the values have to be read once more to tell; <see cref="Judge"/> then finds <see cref="HealthSubject.Look"/>.</summary>
    /// <param name="subject">The tensor, with the evidence of the first reading.</param>
    public virtual bool NeedsCloserLook(HealthSubject subject) => false;
}
