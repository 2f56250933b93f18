namespace LowMem.Checkpoints.Pickle;

/// <summary>Says what the persistent ids of a pickle stand for, as <c>persistent_load</c> of Python's unpickler does.</summary>
internal interface IPersistentLoader
{
    /// <summary>The node to put in the place of an id; it is made of what was read, and nothing is called for it.</summary>
    PickleNode Load(PickleNode id);

    /// <summary>The node to put in the place of what a call would make, which is not called; null leaves the call as it is.</summary>
    /// <param name="call">The call, which is remembered as one that Python would make, whatever stands for it.</param>
    /// <param name="places">Where bytes that begin like a pickle start, from the start of the pickle.</param>
    PickleNode? Replace(PickleObject call, IReadOnlyDictionary<PickleScalar, long> places) => null;
}
