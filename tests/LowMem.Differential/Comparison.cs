namespace LowMem.Differential;

/// <summary>What two readers may not do: read two things from one pickle.</summary>
internal static class Comparison
{
    /// <summary>Says what is wrong; null when nothing is.</summary>
    /// <param name="ours">Our readings, which have to be the same.</param>
    /// <param name="python">Those of CPython: from bytes, from a stream, from a buffered file.</param>
    public static string? FindDifference(Reading[] ours, Reading[] python)
    {
        if (ours[0].IsRead != ours[1].IsRead || ours[0].Text != ours[1].Text || !ours[0].Globals.SequenceEqual(ours[1].Globals))
        {
            return "our two ways of reading differ";
        }

        var our = ours[0];
        if (!our.IsRead)
        {
            return null;
        }

        string[] from = ["bytes", "a stream", "a buffered file"];
        for (int i = 0; i < python.Length; i++)
        {
            if (python[i].Globals.Except(our.Globals, StringComparer.Ordinal).FirstOrDefault() is { } unnamed)
            {
                return $"a global that CPython resolves from {from[i]} is not named: {unnamed.Replace('\n', '.')}";
            }

            if (python[i].IsRead && python[i].Text != our.Text)
            {
                return $"CPython reads other values from {from[i]}";
            }

            // Of bytes nothing says where the reading ended.
            if (i > 0 && python[i].IsRead && python[i].Length != our.Length)
            {
                return $"CPython ends elsewhere in {from[i]}";
            }
        }

        return null;
    }
}
