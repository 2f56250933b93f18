namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// Knows objects that come by the hundred thousand, always by the same opcodes, and makes one small node of each. What is
/// not just so is read opcode by opcode.
/// </summary>
internal interface IPickleShortcut
{
    /// <summary>The opcodes to expect behind a name that the pickle fetched, up to the call of that name; null for any other name.</summary>
    PicklePattern? PatternBehind(PickleGlobal name);

    /// <summary>The node for what the opcodes stand for; null leaves them to be read one by one.</summary>
    /// <param name="name">The name.</param>
    /// <param name="found">What the pattern leaves open.</param>
    /// <param name="heap">Is told of the calls that Python would make, each kind once.</param>
    PickleObject? TryMake(PickleGlobal name, PickleRun found, PickleHeap heap);
}
