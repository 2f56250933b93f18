using System.Collections;
using System.Globalization;

namespace LowMem.PowerShell.Completion;

/// <summary>Completes parts: of how many is a number that people have in mind, so a few usual ones are offered.</summary>
public sealed class PartCompleter : NameCompleter
{
    private static readonly int[] Usual = [2, 4, 8, 16];

    /// <inheritdoc/>
    protected override bool TakesWildcards => false;

    /// <inheritdoc/>
    protected override IEnumerable<string> GetNames(IDictionary parameters) =>
        Usual.SelectMany(count => Enumerable.Range(1, count).Select(number => string.Create(CultureInfo.InvariantCulture, $"{number}/{count}")));
}
