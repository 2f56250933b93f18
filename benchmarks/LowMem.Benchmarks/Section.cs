namespace LowMem.Benchmarks;

/// <summary>What a benchmark found.</summary>
/// <param name="Title">Its heading on the page.</param>
/// <param name="Markdown">Its figures, with what has to be known about them.</param>
/// <param name="Targets">Its targets, and whether they were met.</param>
internal sealed record Section(string Title, string Markdown, IReadOnlyList<Target> Targets);
