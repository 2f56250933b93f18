using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Reporting.Pages;

/// <summary>What files are called on a page, which is passed on: without the directories that they lie in.</summary>
internal static class PageNames
{
    private static readonly char[] Separators = ['/', '\\'];

    /// <summary>The last part of a path or an address.</summary>
    public static string Leaf(string path) => Last(path, 1);

    /// <summary>Names for two checkpoints: with so much of their paths as tells them apart.</summary>
    public static (string One, string Other) TellApart(string one, string other)
    {
        for (int parts = 1; parts < 4; parts++)
        {
            if (Last(one, parts) is var first && Last(other, parts) is var second && first != second)
            {
                return (first, second);
            }
        }

        return (Leaf(one), Leaf(other));
    }

    private static string Last(string path, int count)
    {
        string trimmed = path.TrimEnd(Separators);
        if (trimmed.Length == 0)
        {
            return DisplayText.Name(path);
        }

        int start = trimmed.Length;
        for (int i = 0; i < count && start > 0; i++)
        {
            start = trimmed.LastIndexOfAny(Separators, start - 1);
        }

        return DisplayText.Name(start == trimmed.Length ? trimmed : trimmed[(start + 1)..]);
    }
}
