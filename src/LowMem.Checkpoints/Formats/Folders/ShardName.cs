using System.Globalization;
using System.Text.RegularExpressions;

namespace LowMem.Checkpoints.Formats.Folders;

/// <summary>The name of a file that is one of several, with its number in it.</summary>
/// <param name="File">The name itself.</param>
/// <param name="Stem">What stands in front of the number.</param>
/// <param name="Number">The number.</param>
/// <param name="Total">How many there are, as the name says; null when it does not.</param>
/// <param name="Suffix">What stands behind the numbers, a variant and the extension.</param>
/// <param name="SetName">The name of all of them: a <c>*</c> in the place of the number.</param>
/// <remarks>
/// <c>model-00001-of-00003.safetensors</c> as the Hugging Face libraries write it, with a variant in front of the number or
/// (older) behind it; and <c>consolidated.00.pth</c> of Llama and Mistral, which does not say how many there are.
/// </remarks>
internal sealed partial record ShardName(string File, string Stem, int Number, int? Total, string Suffix, string SetName)
{
    private const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture;

    /// <summary>Whether the name says nothing of a total: the parts of a model that was saved by parallel processes.</summary>
    public bool IsPart => Total is null;

    /// <summary>Null when the name is not like that.</summary>
    public static ShardName? TryParse(string name)
    {
        if (!name.Contains("-of-", StringComparison.OrdinalIgnoreCase) && !name.StartsWith("consolidated.", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        if (Numbered().Match(name) is { Success: true } shard)
        {
            int total = ParseNumber(shard.Groups["total"].Value);
            return total == 0
                ? null
                : new ShardName(
                    name,
                    shard.Groups["stem"].Value,
                    ParseNumber(shard.Groups["number"].Value),
                    total,
                    shard.Groups["suffix"].Value,
                    $"{shard.Groups["stem"].Value}-*-of-{shard.Groups["total"].Value}{shard.Groups["suffix"].Value}");
        }

        return Consolidated().Match(name) is { Success: true } part
            ? new ShardName(
                name,
                part.Groups["stem"].Value,
                ParseNumber(part.Groups["number"].Value),
                null,
                part.Groups["suffix"].Value,
                $"{part.Groups["stem"].Value}.*{part.Groups["suffix"].Value}")
            : null;
    }

    /// <summary>Whether a name is that of a set.</summary>
    public static bool IsSetName(string name) =>
        name.Count(letter => letter == '*') == 1 && TryParse(name.Replace('*', '1')) is not null;

    /// <summary>The name of the shard of another number, with as many digits.</summary>
    public string NameOf(int number)
    {
        int digits = File.Length - SetName.Length + 1;
        return SetName.Replace("*", number.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0'), StringComparison.Ordinal);
    }

    private static int ParseNumber(string digits) => int.Parse(digits, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<stem>[^*]+)-(?<number>\d{1,6})-of-(?<total>\d{1,6})(?<suffix>(\.[a-z0-9_-]{1,32})?\.(safetensors|bin|pt|pth|ckpt))$", Options)]
    private static partial Regex Numbered();

    [GeneratedRegex(@"^(?<stem>consolidated)\.(?<number>\d{1,5})(?<suffix>\.(pth|pt|safetensors))$", Options)]
    private static partial Regex Consolidated();
}
