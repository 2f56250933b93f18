using LowMem.Checkpoints.Values.Health.Rules;

namespace LowMem.Checkpoints.Values.Health;

/// <summary>The rules, in the order in which their findings come.</summary>
internal static class HealthRules
{
    public static IReadOnlyList<HealthRule> All { get; } =
    [
        new NonFiniteRule(),
        new AllZeroRule(),
        new DenormalRule(),
        new ConstantRule(),
        new DeadRowRule(),
        new DeadColumnRule(),
        new AbsurdValueRule(),
        new ExplodingNormRule(),
        new SiblingRule(),
    ];
}
