namespace LowMem.Checkpoints.Diagnostics;

/// <summary>How far two names are apart, for suggestions.</summary>
public static class EditDistance
{
    /// <summary>Names longer than this are not compared letter by letter: the work grows with the square.</summary>
    private const int LongestCompared = 256;

    /// <summary>Of more names than this the nearest is not looked for: nobody waits for a suggestion.</summary>
    private const int MostLookedAt = 200_000;

    /// <summary>Letter by letter only so many are compared.</summary>
    private const int MostCompared = 500;

    /// <summary>The number of letters to insert, delete or replace; upper and lower case are the same.</summary>
    /// <param name="left">A name.</param>
    /// <param name="right">Another one.</param>
    public static int Between(string left, string right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                bool same = char.ToUpperInvariant(left[i - 1]) == char.ToUpperInvariant(right[j - 1]);
                int replaced = diagonal + (same ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }

    /// <summary>The name that was probably meant: the one nearest to what was written, if it is near enough; else null.</summary>
    /// <param name="written">What was written.</param>
    /// <param name="names">The names there are; the first of equally near ones is taken.</param>
    public static string? FindNearest(string written, IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(written);
        ArgumentNullException.ThrowIfNull(names);
        if (written.Length is 0 or > LongestCompared)
        {
            return null;
        }

        // A third of the letters, and no more than a few: what is further away was not mistyped.
        int most = Math.Min(4, Math.Max(1, written.Length / 3));
        string? nearest = null;
        int compared = 0;
        foreach (string name in names.Take(MostLookedAt))
        {
            if (Math.Abs(name.Length - written.Length) > most || CountOtherLetters(written, name) > 2 * most)
            {
                continue;
            }

            int distance = Between(written, name);
            if (distance <= most && name != written)
            {
                (nearest, most) = (name, distance - 1);
            }

            if (most < 0 || ++compared == MostCompared)
            {
                break;
            }
        }

        return nearest;
    }

    /// <summary>A bound that costs little: letters that one name has more often than the other.</summary>
    private static int CountOtherLetters(string left, string right)
    {
        Span<int> counts = stackalloc int[64];
        counts.Clear();
        foreach (char letter in left)
        {
            counts[char.ToUpperInvariant(letter) & 63]++;
        }

        foreach (char letter in right)
        {
            counts[char.ToUpperInvariant(letter) & 63]--;
        }

        int sum = 0;
        foreach (int count in counts)
        {
            sum += Math.Abs(count);
        }

        return sum;
    }
}
