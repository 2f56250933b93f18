using System.Globalization;

namespace LowMem.Checkpoints.Exploring;

/// <summary>A key whose numbers are folded: <c>layers.0.weight</c> is <c>layers.*.weight</c> with the number 0.</summary>
/// <param name="Pattern">The key with a star for each number. Taken as a wildcard, it matches the key.</param>
/// <param name="Numbers">The numbers, one for each star.</param>
internal sealed record FoldedKey(string Pattern, IReadOnlyList<long> Numbers)
{
    /// <summary>What stands for a number.</summary>
    public const string Star = "*";

    /// <summary>As many digits always fit a 64-bit number. What is longer counts nothing, and is a name.</summary>
    private const int MostDigits = 18;

    private const string Special = "*?[]`";

    /// <summary>
    /// Folds a key. A number is a whole name between dots: the two norms <c>ln_1</c> and <c>ln_2</c> are parts of one block and stay
    /// two, and so do the stages <c>layer1</c> and <c>layer2</c>.
    /// </summary>
    /// <param name="key">The key.</param>
    public static FoldedKey Of(string key)
    {
        string[] names = CheckpointTree.Split(key);
        List<long>? numbers = null;
        for (int i = 0; i < names.Length; i++)
        {
            if (GetNumber(names[i]) is { } number)
            {
                (numbers ??= []).Add(number);
                names[i] = Star;
            }
            else
            {
                names[i] = Escape(names[i]);
            }
        }

        return new FoldedKey(string.Join('.', names), numbers is null ? [] : numbers);
    }

    /// <summary>The number that a name is; null when it is none.</summary>
    /// <param name="name">The name.</param>
    public static long? GetNumber(string name) =>
        name.Length is > 0 and <= MostDigits && char.IsAsciiDigit(name[0])
        && long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : null;

    /// <summary>A name as a wildcard that matches it alone: what would be special in it has a backtick in front, as in PowerShell.</summary>
    /// <param name="name">The name.</param>
    public static string Escape(string name) => name.AsSpan().ContainsAny(Special)
        ? string.Concat(name.Select(character => Special.Contains(character, StringComparison.Ordinal) ? $"`{character}" : $"{character}"))
        : name;
}
