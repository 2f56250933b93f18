namespace LowMem.Checkpoints.Values.Health;

/// <summary>A tensor that may have siblings elsewhere, and its place among all.</summary>
/// <param name="Index">Its place.</param>
/// <param name="Group">Which of several rounds it was looked at in.</param>
/// <param name="Fact">What is known of it.</param>
internal sealed record PlacedSibling(long Index, int Group, SiblingFact Fact)
{
    /// <summary>Behind all other findings of the tensor.</summary>
    public const int Minor = 1000;
}
