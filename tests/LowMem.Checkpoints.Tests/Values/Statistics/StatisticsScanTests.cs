using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Tests.Sources;
using LowMem.Checkpoints.Values.Statistics;

namespace LowMem.Checkpoints.Tests.Values.Statistics;

/// <summary>Figures are those of NumPy, as statistics.json has them; see make_statistics.py beside it.</summary>
public sealed class StatisticsScanTests
{
    private const string Name = "/memory/model.safetensors";

    private static readonly JsonElement Expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(FixtureFiles.Directory, "statistics.json"))).RootElement;

    private static readonly Dictionary<string, string> Names = new()
    {
        ["float64"] = "F64",
        ["float32"] = "F32",
        ["float16"] = "F16",
        ["int64"] = "I64",
        ["int32"] = "I32",
        ["int16"] = "I16",
        ["int8"] = "I8",
        ["uint8"] = "U8",
        ["bool"] = "BOOL",
        ["complex64"] = "C64",
    };

    public static TheoryData<string> Cases =>
        [.. Expected.GetProperty("cases").EnumerateObject().Select(item => item.Name).Where(name => !name.StartsWith("complex128", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void AreThoseOfNumPy(string name)
    {
        string kind = name.Split(' ')[0];
        long count = long.Parse(name.Split(' ')[1], CultureInfo.InvariantCulture);
        var figures = Scan(kind, count, MakeBytes(kind, count));
        var expected = Expected.GetProperty("cases").GetProperty(name);

        Assert.Equal(expected.GetProperty("NaN").GetInt64(), figures.NaNCount);
        Assert.Equal(expected.GetProperty("Infinite").GetInt64(), figures.InfinityCount);
        Assert.Equal(expected.GetProperty("Zero").GetInt64(), figures.ZeroCount);
        AssertNear(expected.GetProperty("L2Norm").GetDouble(), figures.L2Norm, 1e-12);
        if (!expected.TryGetProperty("Mean", out var mean))
        {
            Assert.Null(figures.Mean);
            Assert.Null(figures.Minimum);
            return;
        }

        AssertNear(mean.GetDouble(), figures.Mean!.Value, 1e-12);
        AssertNear(expected.GetProperty("StandardDeviation").GetDouble(), figures.StandardDeviation!.Value, 1e-12);
        AssertExact(expected.GetProperty("Minimum"), figures.Minimum!);
        AssertExact(expected.GetProperty("Maximum"), figures.Maximum!);
        bool isSketched = count * (kind == "complex64" ? 2 : 1) > StatisticsConsumer.MostKept && DType.Get(kind).BitSize > 16;
        foreach (var (value, found) in expected.GetProperty("Percentiles").EnumerateArray().Zip(figures.Percentiles.Values))
        {
            AssertNear(value.GetDouble(), found, isSketched ? 1.0 / 256 : 1e-12);
        }
    }

    [Fact]
    public void AreTheSameHoweverManyThreadsThereAre()
    {
        byte[] bytes = MakeBytes("float32", 2_000_000);
        var first = Scan("float32", 2_000_000, bytes);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(JsonSerializer.Serialize(first), JsonSerializer.Serialize(Scan("float32", 2_000_000, bytes)));
        }
    }

    /// <summary>Numbers of float32 are counted as they lie; as float64, the same numbers go another way.</summary>
    [Theory]
    [InlineData(70_001)]
    [InlineData(262_144)]
    [InlineData(300_003)]
    public void FinitesOfFloat32AreThoseOfFloat64(int count)
    {
        float[] numbers = [.. RandomBits(41, count).Select(bits => (bits & 0x7f800000) == 0x7f800000 ? -0f : BitConverter.UInt32BitsToSingle(bits))];
        Array.Clear(numbers, count / 2, 5000);
        numbers[^1] = float.MaxValue;
        numbers[1] = float.Epsilon;

        var singles = Scan("float32", count, MemoryMarshal.AsBytes<float>(numbers).ToArray());
        var doubles = Scan("float64", count, MemoryMarshal.AsBytes<double>([.. numbers.Select(number => (double)number)]).ToArray());

        Assert.Equal((doubles.NaNCount, doubles.InfinityCount, doubles.ZeroCount), (singles.NaNCount, singles.InfinityCount, singles.ZeroCount));
        Assert.Equal((doubles.Minimum, doubles.Maximum), (singles.Minimum, singles.Maximum));
        Assert.Equal(doubles.Percentiles, singles.Percentiles);
        AssertNear(doubles.Mean!.Value, singles.Mean!.Value, 1e-9);
        AssertNear(doubles.StandardDeviation!.Value, singles.StandardDeviation!.Value, 1e-12);
        AssertNear(doubles.L2Norm, singles.L2Norm, 1e-12);
    }

    /// <summary>One look takes the mean of what came before for a guess; a guess that is far off must cost no digits.</summary>
    [Theory]
    [InlineData(1e6, 0, 10)]
    [InlineData(1e6, 1, 0)]
    [InlineData(-3e4, 7000, 1e-3)]
    [InlineData(1e30, 2048, 1e-6)]
    [InlineData(0, 0, 0)]
    public void OfNumbersFarFromZeroLoseNoDigits(double centre, int every, double width)
    {
        const int count = 200_003;
        var bits = RandomBits(43, count);
        float[] numbers = [.. bits.Select((random, i) =>
            (float)((every > 0 && i / every % 2 == 1 ? -centre : centre) + (width * random / uint.MaxValue)))];
        double mean = numbers.Sum(number => (double)number / count);
        decimal[] distances = Math.Abs(centre) > 1e20 ? [] : [.. numbers.Select(number => (decimal)(double)number - (decimal)mean)];
        double deviation = distances.Length == 0
            ? Math.Sqrt(numbers.Sum(number => (number - mean) * (number - mean)) / count)
            : Math.Sqrt((double)(distances.Sum(distance => distance * distance) / count));

        var figures = Scan("float32", count, MemoryMarshal.AsBytes<float>(numbers).ToArray());

        Assert.Equal(numbers.Min(), (double)figures.Minimum!);
        Assert.Equal(numbers.Max(), (double)figures.Maximum!);
        Assert.Equal(numbers.LongCount(number => number == 0), figures.ZeroCount);
        AssertNear(deviation, figures.StandardDeviation!.Value, 1e-9);
        Assert.True(Math.Abs(mean - figures.Mean!.Value) <= 1e-12 * numbers.Max(Math.Abs), $"{figures.Mean} instead of {mean}");
    }

    /// <summary>
    /// A half to either side of a large number is that number (pytorch/pytorch#163506 is of that), and the width of the whole range
    /// is no number.
    /// </summary>
    [Theory]
    [InlineData(1e300, 1e300)]
    [InlineData(-3.4028234663852886e38, -3.4028234663852886e38)]
    [InlineData(9007199254740992, 9007199254740992)]
    [InlineData(double.MaxValue, double.MaxValue)]
    [InlineData(double.MinValue, double.MinValue)]
    [InlineData(double.MinValue, double.MaxValue)]
    [InlineData(0, double.Epsilon)]
    [InlineData(-0.0, 0.0)]
    [InlineData(1, 1.0000000000000002)]
    public void EveryNumberIsInABin(double first, double last)
    {
        byte[] bytes = MemoryMarshal.AsBytes<double>([first, last, first, last, last]).ToArray();

        var histogram = Scan("float64", 5, bytes, bins: 4).Histogram!;

        Assert.Equal(5, histogram.Counts.Sum());
        Assert.True(histogram.Edges[0] <= first && histogram.Edges[^1] >= last && histogram.Edges[0] < histogram.Edges[^1]);
        Assert.Equal(histogram.Edges.Order(), histogram.Edges);
    }

    /// <summary>A sum may be beyond float64 where the mean is not: then it is no NaN, as which it would hide that there are none.</summary>
    [Theory]
    [InlineData(1.5e308, 1.5e308, 1.5e308)]
    [InlineData(-1.5e308, 1.5e308, 0)]
    [InlineData(double.MaxValue, double.MaxValue, double.MaxValue)]
    public void TheMeanOfLargeNumbersLiesBetweenThem(double first, double last, double mean)
    {
        foreach (int count in (int[])[2, 100_000, 2 * StatisticsConsumer.MostKept])
        {
            double[] numbers = [.. Enumerable.Repeat(first, count / 2), .. Enumerable.Repeat(last, count / 2)];
            var figures = Scan("float64", count, MemoryMarshal.AsBytes<double>(numbers).ToArray());

            Assert.True(Math.Abs(figures.Mean!.Value - mean) <= 1e-12 * Math.Abs(last), $"{figures.Mean:R}");
            Assert.False(double.IsNaN(figures.StandardDeviation!.Value) || double.IsNaN(figures.L2Norm));
            Assert.Equal(0, figures.NaNCount);
        }
    }

    private static TensorStatistics Scan(string kind, long count, byte[] bytes, int bins = 0)
    {
        string header = $"{{\"x\":{{\"dtype\":\"{Names[kind]}\",\"shape\":[{count}],\"data_offsets\":[0,{bytes.Length}]}}}}";
        var location = new MemoryLocation();
        location.Add(Name, [.. BitConverter.GetBytes((long)header.Length), .. Encoding.UTF8.GetBytes(header), .. bytes], DateTime.UnixEpoch);
        var checkpoint = Checkpoint.Open(location, Name, TestContext.Current.CancellationToken);
        var scan = new StatisticsScan(checkpoint, checkpoint.Tensors)
        {
            BinCount = bins,
            Percentages = [.. Expected.GetProperty("percents").EnumerateArray().Select(item => item.GetDouble())],
        };
        return Assert.Single(scan.Run(null, TestContext.Current.CancellationToken));
    }

    private static byte[] MakeBytes(string kind, long count)
    {
        var type = DType.Get(kind);
        if (type.Kind is DTypeKind.Floating or DTypeKind.Complex && kind != "float16")
        {
            int size = checked((int)count * (type.Kind == DTypeKind.Complex ? 2 : 1));
            float[] scaled = [.. RandomBits(23, size).Select(bits => ((bits >> 8) / (float)(1 << 16)) - 100f)];
            Fill(7, 1001, float.NaN);
            Fill(9, 2003, float.PositiveInfinity);
            Fill(11, 503, 0);
            return kind == "float64"
                ? MemoryMarshal.AsBytes<double>([.. RandomBits(23, size).Select((bits, i) => IsSpecial(scaled[i], bits) ? scaled[i] : ((bits >> 8) / (double)(1 << 16)) - 100)]).ToArray()
                : MemoryMarshal.AsBytes<float>(scaled).ToArray();

            void Fill(int start, int step, float value)
            {
                for (int i = start; i < size; i += step)
                {
                    scaled[i] = value;
                }
            }
        }

        byte[] bytes = MemoryMarshal.AsBytes<uint>(RandomBits(17, checked((int)(count * type.ByteSize / 4) + 1))).ToArray()[..checked((int)count * type.ByteSize)];
        return kind == "bool" ? [.. bytes.Select(value => (byte)(value & 1))] : bytes;
    }

    private static bool IsSpecial(float scaled, uint bits) => !float.IsFinite(scaled) || (scaled == 0 && (bits >> 8) / (float)(1 << 16) != 100f);

    private static uint[] RandomBits(uint seed, int count)
    {
        var values = new uint[count];
        uint x = seed;
        for (int i = 0; i < count; i++)
        {
            values[i] = x = unchecked((1664525 * x) + 1013904223);
        }

        return values;
    }

    private static void AssertExact(JsonElement expected, object found) => Assert.Equal(
        expected.ValueKind == JsonValueKind.String ? expected.GetString() : expected.GetDouble().ToString("R", CultureInfo.InvariantCulture),
        ((IFormattable)found).ToString(found is double ? "R" : null, CultureInfo.InvariantCulture));

    private static void AssertNear(double expected, double found, double relative) =>
        Assert.True(Math.Abs(expected - found) <= relative * Math.Max(1e-300, Math.Abs(expected)), $"{found:R} instead of {expected:R}");
}
