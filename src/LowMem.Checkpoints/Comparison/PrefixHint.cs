namespace LowMem.Checkpoints.Comparison;

/// <summary>A rule of a key map by which keys would be met that are not as they stand: what is in front of those of one side.</summary>
/// <param name="Pattern">The wildcard of the rule.</param>
/// <param name="Replacement">What takes its place.</param>
/// <param name="Count">How many keys are in both then.</param>
public sealed record PrefixHint(string Pattern, string Replacement, int Count)
{
    /// <summary>The keys of one side that are looked for on the other with something in front.</summary>
    private const int Tries = 8;

    /// <summary>Finds a rule that would meet at least half of the keys of one side.</summary>
    /// <param name="reference">The keys of the reference.</param>
    /// <param name="difference">The keys of the difference, none of which the reference has.</param>
    internal static PrefixHint? Find(IReadOnlyCollection<string> reference, IReadOnlyCollection<string> difference) =>
        FindLonger(reference, difference) is var (prefix, count) ? new PrefixHint($"{prefix}*", "*", count)
        : FindLonger(difference, reference) is var (added, found) ? new PrefixHint("*", $"{added}*", found)
        : null;

    private static (string Prefix, int Count)? FindLonger(IReadOnlyCollection<string> shorter, IReadOnlyCollection<string> longer)
    {
        var all = longer.ToHashSet(StringComparer.Ordinal);
        foreach (string key in shorter.Take(Tries))
        {
            string end = $".{key}";
            string? one = longer.FirstOrDefault(other => other.EndsWith(end, StringComparison.Ordinal));
            string? prefix = one?[..^key.Length];

            // It is to be pasted: nothing that a shell or a wildcard takes for something else.
            if (prefix is not null && prefix.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-'))
            {
                int count = shorter.Count(each => all.Contains(prefix + each));
                if (2 * count >= shorter.Count)
                {
                    return (prefix, count);
                }
            }
        }

        return null;
    }
}
