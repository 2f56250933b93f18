using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Keys;

namespace LowMem.Checkpoints.Comparison;

/// <summary>Which tensors of two checkpoints belong together, by their keys. Nothing is read.</summary>
internal sealed class TensorMatching
{
    private readonly List<(TensorInfo Reference, TensorInfo Difference)> both = [];
    private readonly List<TensorInfo> removed = [];
    private readonly List<TensorInfo> added = [];

    /// <param name="reference">The tensors of the reference.</param>
    /// <param name="difference">Those of the difference.</param>
    /// <param name="options">Which keys count, and what the reference calls them.</param>
    /// <exception cref="KeyMapException">The map has no clear answer, or gives two keys one name.</exception>
    public TensorMatching(IEnumerable<TensorInfo> reference, IEnumerable<TensorInfo> difference, ComparisonOptions options)
    {
        var others = new Dictionary<string, Queue<TensorInfo>>(StringComparer.Ordinal);
        var order = new List<(string Key, TensorInfo Tensor)>();
        foreach (var tensor in difference)
        {
            string? key = GetKey(tensor.Key, options);
            if (key is null)
            {
                continue;
            }

            if (!others.TryGetValue(key, out var same))
            {
                others.Add(key, same = new Queue<TensorInfo>());
            }
            else if (options.KeyMap is not null && same.Peek().Key != tensor.Key)
            {
                throw new KeyMapException(
                    $"The key map gives '{DisplayText.Name(same.Peek().Key)}' and '{DisplayText.Name(tensor.Key)}' the one name '{DisplayText.Name(key)}'.");
            }

            same.Enqueue(tensor);
            order.Add((key, tensor));
        }

        // A key that a file has twice is met twice, in that order.
        var taken = new HashSet<TensorInfo>(ReferenceEqualityComparer.Instance);
        foreach (var tensor in reference.Where(tensor => options.Includes?.Invoke(tensor.Key) ?? true))
        {
            if (others.TryGetValue(tensor.Key, out var same) && same.TryDequeue(out var other))
            {
                taken.Add(other);
                Match(tensor, other);
            }
            else
            {
                removed.Add(tensor);
            }
        }

        added.AddRange(order.Where(item => !taken.Contains(item.Tensor)).Select(item => item.Tensor));
    }

    /// <summary>The tensors of both, and what they are made of, in the order of the reference.</summary>
    public IReadOnlyList<(TensorInfo Reference, TensorInfo Difference)> Both => both;

    /// <summary>Those of the reference only.</summary>
    public IReadOnlyList<TensorInfo> Removed => removed;

    /// <summary>Those of the difference only.</summary>
    public IReadOnlyList<TensorInfo> Added => added;

    /// <summary>What the reference calls a key of the difference; null when it is left out.</summary>
    public static string? GetKey(string key, ComparisonOptions options) =>
        (options.KeyMap is null ? key : options.KeyMap.Map(key)) is { Length: > 0 } mapped && (options.Includes?.Invoke(mapped) ?? true) ? mapped
        : options.KeyMap is null && key.Length == 0 && (options.Includes?.Invoke(key) ?? true) ? key
        : null;

    /// <summary>Readers put components no deeper than a few levels.</summary>
    private void Match(TensorInfo reference, TensorInfo difference)
    {
        both.Add((reference, difference));
        foreach (var (name, component) in reference.Components)
        {
            if (difference.Components.TryGetValue(name, out var other))
            {
                Match(component, other);
            }
            else
            {
                removed.Add(component);
            }
        }

        added.AddRange(difference.Components.Where(item => !reference.Components.ContainsKey(item.Key)).Select(item => item.Value));
    }
}
