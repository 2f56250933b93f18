namespace LowMem.Checkpoints.Values.Division;

/// <summary>The part of a plan that is read here.</summary>
/// <param name="Part">Which part, from 0.</param>
/// <param name="Loads">What the parts have so far.</param>
/// <param name="HasCommon">Whether what is said of the whole is said here.</param>
internal sealed record PlanPart(int Part, PartLoads Loads, bool HasCommon)
{
    /// <inheritdoc cref="BlockPlan.Divide"/>
    public PlanShare Divide(BlockPlan plan) => plan.Divide(Part, Loads, HasCommon);
}
