using System.Globalization;
using System.Text.Json;
using LowMem.Checkpoints.Values.Statistics;

namespace LowMem.Checkpoints.Reporting.Pages;

/// <summary>The figures of values on a page, in columns as long as those of the tensors.</summary>
internal static class PageStatistics
{
    /// <summary>Heights of bins, from nothing to the tallest: letters that need no escape in JSON.</summary>
    private const string Heights = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private static readonly string[] Percentages = ["1", "5", "25", "50", "75", "95", "99"];

    public static void Write(Utf8JsonWriter writer, PageTensors tensors, IReadOnlyList<TensorStatistics> statistics, CancellationToken cancellationToken)
    {
        var rows = new TensorStatistics?[tensors.Tensors.Count()];
        foreach (var figures in statistics)
        {
            if (tensors.Find(figures.Key) is >= 0 and var place)
            {
                rows[place] = figures;
            }
        }

        writer.WriteStartObject("statistics");
        Numbers("minimum", row => ToDouble(row.Minimum));
        Numbers("maximum", row => ToDouble(row.Maximum));
        Numbers("mean", row => row.Mean);
        Numbers("deviation", row => row.StandardDeviation);
        Numbers("norm", row => row.L2Norm);
        Numbers("zeros", row => row.ElementCount == 0 ? null : Math.Min(1, (double)row.ZeroCount / row.ElementCount));
        foreach (string percentage in Percentages)
        {
            Numbers("p" + percentage, row => row.Percentiles.TryGetValue(percentage, out double value) && double.IsFinite(value) ? value : null);
        }

        Column("histogram", row => row?.Histogram is { } histogram ? Draw(histogram) : null, writer.WriteStringValue);
        writer.WriteList("nonFinite", rows.Index().Where(row => row.Item?.NaNCount > 0 || row.Item?.InfinityCount > 0), row =>
        {
            writer.WriteNumberValue(row.Index);
            writer.WriteNumberValue(row.Item!.NaNCount);
            writer.WriteNumberValue(row.Item.InfinityCount);
        });
        writer.WriteList("health", rows.Index().Where(row => row.Item?.Health.Count > 0), row =>
        {
            writer.WriteNumberValue(row.Index);
            writer.WriteStringValue(string.Join(", ", row.Item!.Health));
        });
        writer.WriteEndObject();

        void Numbers(string name, Func<TensorStatistics, double?> get) => Column(name, row => row is null ? null : get(row), writer.WriteShort);

        void Column<T>(string name, Func<TensorStatistics?, T> get, Action<T> write)
        {
            writer.WriteList(name, rows, row => write(get(row)));
            writer.Flush();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static double? ToDouble(object? number) => number is null ? null : Convert.ToDouble(number, CultureInfo.InvariantCulture);

    /// <summary>A letter for each bin. One with anything in it is never as low as an empty one.</summary>
    private static string Draw(TensorHistogram histogram)
    {
        long most = histogram.Counts.Max();
        return string.Create(histogram.Counts.Length, histogram.Counts, (letters, counts) =>
        {
            for (int i = 0; i < letters.Length; i++)
            {
                letters[i] = Heights[most == 0 ? 0 : (int)Math.Ceiling((double)counts[i] / most * (Heights.Length - 1))];
            }
        });
    }
}
