namespace LowMem.Checkpoints.Keys;

/// <summary>Says what a module calls the tensors of a checkpoint.</summary>
public interface IKeyMap
{
    /// <summary>Gives the module's key for a key of the checkpoint.</summary>
    /// <param name="key">The key without the prefix.</param>
    /// <returns>The module's key, which may be the same; null or empty to leave the tensor out.</returns>
    /// <exception cref="KeyMapException">The map has no clear answer.</exception>
    string? Map(string key);
}
