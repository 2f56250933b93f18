namespace LowMem.Benchmarks;

/// <summary>One question that is answered by measuring.</summary>
internal interface IBenchmark
{
    /// <summary>The name to choose it by.</summary>
    string Name { get; }

    /// <summary>Measures.</summary>
    /// <param name="directory">Where files may be made; what a benchmark makes there it deletes.</param>
    /// <param name="options">What to measure.</param>
    Section Run(string directory, BenchmarkOptions options);
}
