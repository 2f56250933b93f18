namespace LowMem.Checkpoints.Pickle;

/// <summary>Says what the persistent ids of a pickle stand for, as <c>persistent_load</c> of Python's unpickler does.</summary>
internal interface IPersistentLoader
{
    /// <summary>The node to put in the place of an id; it is made of what was read, and nothing is called for it.</summary>
    PickleNode Load(PickleNode id);
}
