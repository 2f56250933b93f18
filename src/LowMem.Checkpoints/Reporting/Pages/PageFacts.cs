namespace LowMem.Checkpoints.Reporting.Pages;

/// <summary>The values of a checkpoint that a reader looks for first: how far a training came, and how.</summary>
internal static class PageFacts
{
    private static readonly (string Label, string[] Names)[] Known =
    [
        ("Epoch", ["epoch", "epochs", "current_epoch", "last_epoch"]),
        ("Step", ["global_step", "step", "steps", "iteration", "iter", "num_updates"]),
        ("Learning rate", ["lr", "learning_rate"]),
        ("Loss", ["loss", "val_loss", "best_loss", "train_loss"]),
    ];

    /// <summary>What is there of them; of several under such names, the one that lies highest.</summary>
    public static IReadOnlyList<(string Label, string Value)> Find(Checkpoint? checkpoint)
    {
        var best = new (int Rank, string? Value)[Known.Length];
        Array.Fill(best, (int.MaxValue, null));
        foreach (var (key, value) in checkpoint?.Values ?? new Dictionary<string, object?>())
        {
            if (value is not (sbyte or byte or short or ushort or int or uint or long or ulong or float or double or decimal or System.Numerics.BigInteger))
            {
                continue;
            }

            string last = key[(key.LastIndexOf('.') + 1)..];
            for (int i = 0; i < Known.Length; i++)
            {
                int place = Array.IndexOf(Known[i].Names, last);
                int rank = (key.Count(letter => letter == '.') * 16) + place;
                if (place >= 0 && rank < best[i].Rank)
                {
                    best[i] = (rank, PageValueText.Of(value));
                }
            }
        }

        return [.. Known.Zip(best).Where(pair => pair.Second.Value is not null).Select(pair => (pair.First.Label, pair.Second.Value!))];
    }
}
