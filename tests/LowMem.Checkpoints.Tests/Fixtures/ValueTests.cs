using System.Globalization;
using System.Numerics;
using System.Text.Json;
using LowMem.Checkpoints.Formats;

namespace LowMem.Checkpoints.Tests.Fixtures;

/// <summary>The leaves that are not tensors, compared with what PyTorch unpickles.</summary>
public sealed class ValueTests
{
    public static TheoryData<string> Names =>
        [.. FixtureFiles.Names.Where(HasValues)];

    [Theory]
    [MemberData(nameof(Names))]
    public void AreThoseThatPyTorchUnpickles(string name)
    {
        var values = Checkpoint.Open(FixtureFiles.PathOf(name), CancellationToken.None).Values;

        foreach (var expected in FixtureFiles.Expectation(name).GetProperty("values").EnumerateObject())
        {
            string key = expected.Name.Length == 0 && !values.ContainsKey(string.Empty) ? "(root)" : expected.Name;
            Assert.True(values.ContainsKey(key), $"no value '{key}'");
            AssertEqual(key, expected.Value, values[key]);
        }
    }

    [Fact]
    public void ShowAnObjectOfAnUnknownClassAsItsNameAndState()
    {
        var values = Checkpoint.Open(FixtureFiles.PathOf("unsafe_os_system"), CancellationToken.None).Values;

        Assert.Contains(values.Values, value => value is string text && text.Contains("system(", StringComparison.Ordinal));
    }

    private static void AssertEqual(string key, JsonElement expected, object? actual)
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.Null:
                Assert.Null(actual);
                break;
            case JsonValueKind.True or JsonValueKind.False:
                Assert.Equal(expected.GetBoolean(), Assert.IsType<bool>(actual));
                break;
            case JsonValueKind.String:
                Assert.Equal(expected.GetString(), Assert.IsType<string>(actual));
                break;
            case JsonValueKind.Number when actual is double number:
                Assert.Equal(expected.GetDouble(), number);
                break;
            case JsonValueKind.Number:
                Assert.Equal(expected.GetInt64(), Assert.IsType<long>(actual));
                break;
            default:
                AssertTyped(key, expected, actual);
                break;
        }
    }

    private static void AssertTyped(string key, JsonElement expected, object? actual)
    {
        string type = expected.GetProperty("$type").GetString()!;
        switch (type)
        {
            case "int":
                Assert.Equal(BigInteger.Parse(Text(expected), CultureInfo.InvariantCulture), Assert.IsType<BigInteger>(actual));
                break;
            case "float":
                double number = Text(expected) switch
                {
                    "inf" => double.PositiveInfinity,
                    "-inf" => double.NegativeInfinity,
                    _ => double.NaN,
                };
                Assert.Equal(number, Assert.IsType<double>(actual));
                break;
            case "complex":
                var complex = new Complex(expected.GetProperty("real").GetDouble(), expected.GetProperty("imag").GetDouble());
                Assert.Equal(complex, Assert.IsType<Complex>(actual));
                break;
            case "bytes" or "bytearray":
                Assert.Equal(expected.GetProperty("hex").GetString(), Convert.ToHexStringLower(Assert.IsType<byte[]>(actual)));
                break;
            case "torch.device":
                Assert.Equal(Text(expected), actual);
                break;
            case "torch.dtype" or "torch.layout":
                Assert.Contains(Text(expected), Assert.IsType<string>(actual), StringComparison.Ordinal);
                break;
            case "datetime.datetime" or "datetime.date":
                var time = DateTimeOffset.Parse(Text(expected), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
                if (Text(expected).EndsWith("+00:00", StringComparison.Ordinal))
                {
                    Assert.Equal(time, Assert.IsType<DateTimeOffset>(actual));
                    break;
                }

                Assert.Equal(time.DateTime, Assert.IsType<DateTime>(actual));
                break;
            case "datetime.timedelta":
                Assert.Equal(TimeSpan.FromSeconds(expected.GetProperty("seconds").GetDouble()), Assert.IsType<TimeSpan>(actual));
                break;
            case "numpy.ndarray":
                if (expected.GetProperty("shape").GetArrayLength() < 2)
                {
                    AssertNumbers(expected, actual);
                    break;
                }

                string shape = string.Join(", ", expected.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()));
                Assert.Equal($"numpy.ndarray({expected.GetProperty("dtype").GetString()}, [{shape}])", actual);
                break;
            case { } scalar when scalar.StartsWith("numpy.", StringComparison.Ordinal):
                Assert.Equal(NumpyScalar(expected), actual);
                break;
            case { } path when path.StartsWith("pathlib.", StringComparison.Ordinal):
                Assert.Equal(Text(expected), actual);
                break;
            case { } other when other.EndsWith(".Colour", StringComparison.Ordinal):
                Assert.StartsWith(other, Assert.IsType<string>(actual), StringComparison.Ordinal);
                break;
            default:
                Assert.Fail($"'{key}': nothing here knows how to compare a {type}");
                break;
        }
    }

    /// <summary>An array of no dimension is a number, a short one of one dimension is a .NET array.</summary>
    private static void AssertNumbers(JsonElement expected, object? actual)
    {
        byte[] bytes = Convert.FromHexString(expected.GetProperty("hex").GetString()!);
        switch (expected.GetProperty("dtype").GetString())
        {
            case "uint8":
                Assert.Equal((long)bytes[0], actual);
                break;
            case "int32":
                Assert.Equal(Enumerable.Range(0, bytes.Length / 4).Select(i => (long)BitConverter.ToInt32(bytes, 4 * i)), Assert.IsType<long[]>(actual));
                break;
            case "int64":
                Assert.Equal(Enumerable.Range(0, bytes.Length / 8).Select(i => BitConverter.ToInt64(bytes, 8 * i)), Assert.IsType<long[]>(actual));
                break;
            case "uint32":
                Assert.Equal(Enumerable.Range(0, bytes.Length / 4).Select(i => (long)BitConverter.ToUInt32(bytes, 4 * i)), Assert.IsType<long[]>(actual));
                break;
            case var other:
                Assert.Fail($"no comparison for arrays of numpy's {other}");
                break;
        }
    }

    private static object NumpyScalar(JsonElement expected)
    {
        byte[] bytes = Convert.FromHexString(expected.GetProperty("hex").GetString()!);
        return expected.GetProperty("dtype").GetString() switch
        {
            "float32" => (double)BitConverter.ToSingle(bytes),
            "float64" => BitConverter.ToDouble(bytes),
            "int64" => BitConverter.ToInt64(bytes),
            "bool" => bytes[0] != 0,
            var other => throw new InvalidOperationException($"no comparison for numpy's {other}"),
        };
    }

    private static string Text(JsonElement expected) => expected.GetProperty("value") switch
    {
        { ValueKind: JsonValueKind.String } value => value.GetString()!,
        var value => value.GetRawText(),
    };

    private static bool HasValues(string name) =>
        FixtureFiles.Expectation(name).TryGetProperty("values", out var values) && values.ValueKind == JsonValueKind.Object;
}
