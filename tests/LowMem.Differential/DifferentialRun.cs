using System.Diagnostics;
using System.Text.RegularExpressions;

namespace LowMem.Differential;

/// <summary>Mutates pickles and compares what CPython and we read from them.</summary>
/// <param name="python">The other reader.</param>
/// <param name="seed">Where the random numbers start.</param>
internal sealed partial class DifferentialRun(PythonReader python, int seed)
{
    private const int BatchSize = 250;

    /// <summary>The pickles that were read differently, each with what differs; at most a few.</summary>
    public List<(byte[] Pickle, string Difference)> Differences { get; } = [];

    /// <summary>Why we refused what CPython reads: how often, and one of them.</summary>
    public Dictionary<string, (int Count, byte[] Pickle)> OnlyPython { get; } = new(StringComparer.Ordinal);

    /// <summary>How many pickles both read.</summary>
    public long BothRead { get; private set; }

    /// <summary>How many pickles only we read: CPython checks more than we need to.</summary>
    public long OnlyOurs { get; private set; }

    /// <summary>How many pickles were compared.</summary>
    public long Count { get; private set; }

    /// <summary>How many were different.</summary>
    public long DifferenceCount { get; private set; }

    /// <summary>Goes on until so many pickles were compared, or the time is over.</summary>
    public void Run(long count, TimeSpan time)
    {
        var mutator = new PickleMutator(new Random(seed), SeedPickles.Load());
        var started = Stopwatch.StartNew();
        while (Count < count && started.Elapsed < time)
        {
            var pickles = Enumerable.Range(0, (int)Math.Min(BatchSize, count - Count)).Select(_ => mutator.Next()).ToList();
            var readings = python.Read(pickles);
            for (int i = 0; i < pickles.Count; i++)
            {
                if (readings[i] is { } reading)
                {
                    Compare(pickles[i], OurReader.Read(pickles[i]), reading);
                }
            }

            Count += pickles.Count;
        }
    }

    private void Compare(byte[] pickle, Reading[] ours, Reading[] theirs)
    {
        if (Comparison.FindDifference(ours, theirs) is { } difference)
        {
            DifferenceCount++;
            if (Differences.Count < 50)
            {
                int place = ours.Concat(theirs).Min(reading => Math.Max(0, reading.Text.AsSpan().CommonPrefixLength(ours[0].Text) - 80));
                Differences.Add((pickle, $"{difference}\n  {string.Join("\n  ", ours.Concat(theirs).Select(reading => Around(reading.Text, place)))}"));
            }
        }

        bool isRead = theirs.Any(reading => reading.IsRead);
        if (ours[0].IsRead)
        {
            (BothRead, OnlyOurs) = isRead ? (BothRead + 1, OnlyOurs) : (BothRead, OnlyOurs + 1);
        }
        else if (isRead)
        {
            string reason = Details().Replace(ours[0].Text, "*");
            var (count, smallest) = OnlyPython.GetValueOrDefault(reason, (0, pickle));
            OnlyPython[reason] = (count + 1, pickle.Length < smallest.Length ? pickle : smallest);
        }
    }

    private static string Around(string text, int place)
    {
        int start = Math.Min(place, text.Length);
        return text.Substring(start, Math.Min(240, text.Length - start));
    }

    [GeneratedRegex(@"\d+|'[^']*'")]
    private static partial Regex Details();
}
