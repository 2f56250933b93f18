using System.Globalization;

namespace LowMem.Fuzz;

/// <summary>The command line: <c>fuzz [target|all] [--seconds N] [--seed N] [--corpus DIRECTORY] [--findings DIRECTORY]</c>.</summary>
/// <param name="Target">The target, or <c>all</c>.</param>
/// <param name="Seconds">How long each target runs.</param>
/// <param name="Seed">Where the random numbers start.</param>
/// <param name="Corpus">Where inputs are kept from one run to the next, or null to keep none.</param>
/// <param name="Findings">Where inputs go that found something.</param>
internal sealed record FuzzOptions(string Target, int Seconds, int Seed, string? Corpus, string Findings)
{
    /// <exception cref="FormatException">An option is unknown, without a value, or no number.</exception>
    public static FuzzOptions Parse(string[] arguments)
    {
        var options = new FuzzOptions("all", 60, 1, null, Path.Combine(Path.GetTempPath(), "lowmem-fuzz-findings"));
        for (int i = 0; i < arguments.Length; i++)
        {
            options = arguments[i] switch
            {
                "--seconds" => options with { Seconds = int.Parse(Value(), CultureInfo.InvariantCulture) },
                "--seed" => options with { Seed = int.Parse(Value(), CultureInfo.InvariantCulture) },
                "--corpus" => options with { Corpus = Value() },
                "--findings" => options with { Findings = Value() },
                ['-', ..] unknown => throw new FormatException($"There is no option '{unknown}'."),
                var target => options with { Target = target },
            };

            string Value() => ++i < arguments.Length ? arguments[i] : throw new FormatException($"'{arguments[i - 1]}' needs a value.");
        }

        return options;
    }
}
