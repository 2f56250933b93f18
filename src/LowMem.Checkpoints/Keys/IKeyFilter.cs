namespace LowMem.Checkpoints.Keys;

/// <summary>Chooses among the keys of a module.</summary>
public interface IKeyFilter
{
    /// <summary>The names that were asked for and that no key so far has had; a load with such names is refused.</summary>
    IEnumerable<string> Unmatched { get; }

    /// <summary>Whether a key is chosen.</summary>
    bool Includes(string key);
}
