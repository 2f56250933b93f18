namespace LowMem.Checkpoints.Keys;

/// <summary>A key map that was worked out beforehand; a key that is not in it stays as it is.</summary>
/// <param name="table">The module's key for each key; null or empty to leave the tensor out.</param>
public sealed class KeyTable(IReadOnlyDictionary<string, string?> table) : IKeyMap
{
    /// <inheritdoc/>
    public string? Map(string key) => table.TryGetValue(key, out var renamed) ? renamed : key;
}
