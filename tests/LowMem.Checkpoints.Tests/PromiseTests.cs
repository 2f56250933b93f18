using System.Text.RegularExpressions;
using LowMem.Checkpoints.Tests.Fixtures;

namespace LowMem.Checkpoints.Tests;

/// <summary>What docs/security.md promises is held by tests that exist.</summary>
public sealed partial class PromiseTests
{
    private static string Root { get; } = Path.GetFullPath(Path.Combine(FixtureFiles.Directory, "..", ".."));

    [Fact]
    public void EachPromiseNamesTestsThatExist()
    {
        var lines = File.ReadAllLines(Path.Combine(Root, "docs", "security.md"));
        var rows = lines.SkipWhile(line => line != "| promise | held by |").Skip(2).TakeWhile(line => line.StartsWith('|')).ToList();

        Assert.InRange(rows.Count, 40, 100);
        Assert.Empty(rows.SelectMany(FindMissing));
    }

    private static IEnumerable<string> FindMissing(string row)
    {
        var cells = row.Trim('|').Split('|');
        if (cells.Length != 2)
        {
            yield return "not two cells: " + row;
            yield break;
        }

        string source = string.Empty;
        bool isNamed = false;
        foreach (string name in Quoted().Matches(cells[1]).Select(match => match.Groups[1].Value))
        {
            string method = string.Empty;
            if (Test().Match(name) is { Success: true } test)
            {
                string file = Path.Combine(Root, "tests", name.StartsWith("LowMem.", StringComparison.Ordinal) ? "." : "LowMem.Checkpoints.Tests", test.Groups[1].Value + ".cs");
                source = File.Exists(file) ? File.ReadAllText(file) : string.Empty;
                method = test.Groups[2].Value;
                if (source.Length == 0)
                {
                    yield return name;
                }
            }
            else if (name.EndsWith(".ps1", StringComparison.Ordinal))
            {
                if (!File.Exists(Path.Combine(Root, name)))
                {
                    yield return name;
                }
            }
            else if (name.StartsWith('.'))
            {
                method = name;
            }
            else
            {
                continue;
            }

            isNamed = true;
            string begin = method.TrimStart('.').TrimEnd('.');
            if (begin.Length > 0 && !source.Contains(" " + begin + (method.EndsWith("...", StringComparison.Ordinal) ? string.Empty : "("), StringComparison.Ordinal))
            {
                yield return name;
            }
        }

        if (!isNamed && !cells[1].Contains("the `AttackTests` of", StringComparison.Ordinal))
        {
            yield return "no test: " + row;
        }
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    /// <summary>The file of a class, and what is behind its name.</summary>
    [GeneratedRegex(@"^((?:[A-Za-z.]+/)+[A-Za-z0-9]+Tests|PromiseTests)(\.[A-Za-z0-9_.]+)?$")]
    private static partial Regex Test();
}
