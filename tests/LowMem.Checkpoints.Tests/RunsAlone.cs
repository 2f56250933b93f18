namespace LowMem.Checkpoints.Tests;

/// <summary>Tests that look at the memory of the whole process: none other runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class RunsAlone
{
    public const string Name = "alone";
}
