namespace LowMem.Checkpoints.Pickle;

/// <summary>A call as the pickle has it.</summary>
internal sealed class PickleCall(PickleNode callable, PickleNode arguments) : PickleObject
{
    public override PickleNode Callable { get; } = callable;

    public override PickleNode Arguments { get; } = arguments;

    public override int ArgumentCount => (Arguments as PickleSequence)?.Count ?? 0;

    /// <summary>The opcode that makes it: REDUCE unless said.</summary>
    public PickleOpcode MadeBy { get; set; } = PickleOpcode.Reduce;

    public override PickleOpcode Opcode => MadeBy;
}
