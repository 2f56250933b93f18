using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Tests.Formats;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Slices;
using LowMem.Checkpoints.Values.Statistics;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Values.Health;

/// <summary>Each rule finds its planted fault, in a verdict and in the figures of the tensor, and nothing else; see docs/health.md.</summary>
public sealed class HealthRuleTests
{
    private static readonly string[] Rules =
    [
        FindingCodes.AllZero, FindingCodes.DenormalValues, FindingCodes.ConstantValues, FindingCodes.DeadRows, FindingCodes.DeadColumns,
        FindingCodes.AbsurdValues, FindingCodes.ExplodingNorm, FindingCodes.UnlikeSiblings,
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Fixtures => [.. FixtureFiles.Names.Where(name => !FixtureFiles.Expectation(name).TryGetProperty("error", out _))];

    public static TheoryData<string> Initial =>
        [.. Directory.GetFiles(Path.Combine(FixtureFiles.Directory, "health"), "initial-*.pt").Select(path => Path.GetFileName(path)!)];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void NoFixtureIsIll(string name) => Assert.Empty(Judge(FixtureFiles.PathOf(name)));

    [Theory]
    [MemberData(nameof(Initial))]
    public void WhatLayersStartWithIsWell(string name)
    {
        string path = Path.Combine(FixtureFiles.Directory, "health", name);

        Assert.Empty(Judge(path));
        Assert.All(Look(path), figures => Assert.Empty(figures.Health));
    }

    [Fact]
    public void FindsWeightsThatAreAllZero() => CheckOne(FindingCodes.AllZero, "tensor 'fc.weight' is all zero", Array.Clear);

    [Fact]
    public void FindsPackedWeightsThatAreAllZero()
    {
        using var file = MutatedFile.With(new SafetensorsBytes()
            .Add("a.weight", "U8", [8, 8], new byte[64])
            .Add<byte>("b.weight", "U8", [8, 8], [.. new byte[63], 1])
            .Add("counts", "U8", [8, 8], new byte[64])
            .Build());

        Assert.Equal(["Warning AllZero: tensor 'a.weight' is all zero"], Judge(file.Path));
        Assert.Equal([[FindingCodes.AllZero], [], []], Look(file.Path).Select(figures => figures.Health));
    }

    [Fact]
    public void BiasesThatAreAllZeroAreInformation()
    {
        using var file = MutatedFile.With(new SafetensorsBytes().Add("fc.bias", new float[8]).Build());

        Assert.Empty(Judge(file.Path));
        Assert.Equal(FindingSeverity.Information, Assert.Single(Verify(file.Path), finding => finding.Code == FindingCodes.AllZero).Severity);
        Assert.Empty(Look(file.Path).Single().Health);
    }

    [Fact]
    public void FindsConstantWeights() =>
        CheckOne(FindingCodes.ConstantValues, "all values of tensor 'fc.weight' are the same, 0.25 in size", values => Array.Fill(values, 0.25f));

    [Fact]
    public void FindsOnesWhereALayerHasABiasForEachRow()
    {
        float[] ones = [.. Enumerable.Repeat(1f, 64)];
        using var file = MutatedFile.With(new SafetensorsBytes()
            .Add("norm.weight", "F32", [8, 8], ones)
            .Add("norm.bias", "F32", [8, 8], new float[64])
            .Add("fc.weight", "F32", [8, 8], ones)
            .Add("fc.bias", new float[8])
            .Build());

        Assert.Equal(["Warning ConstantValues: all values of tensor 'fc.weight' are the same, 1 in size"], Judge(file.Path));
    }

    [Fact]
    public void FindsDeadRows() => CheckOne(
        FindingCodes.DeadRows,
        "2 of 16 rows of tensor 'fc.weight' are all zero, row 3 is the first",
        values =>
        {
            values.AsSpan(3 * 32, 32).Clear();
            values.AsSpan(9 * 32, 32).Fill(-0f);
        },
        3 * 32);

    [Fact]
    public void FindsOneDeadRowWhereThereIsABias()
    {
        float[] values = Random(16 * 32);
        values.AsSpan(5 * 32, 32).Clear();
        using var file = MutatedFile.With(new SafetensorsBytes().Add("fc.weight", "F32", [16, 32], values).Add("fc.bias", Random(16)).Build());
        using var table = MutatedFile.With(new SafetensorsBytes().Add("0.weight", "F32", [16, 32], values).Build());
        values.AsSpan(7 * 32, 32).Clear();
        using var named = MutatedFile.With(new SafetensorsBytes().Add("tok_embeddings.weight", "F32", [16, 32], values).Build());

        Assert.Equal(["Warning DeadRows: one of 16 rows of tensor 'fc.weight' is all zero: row 5"], Judge(file.Path));
        Assert.Empty(Judge(table.Path));
        Assert.Empty(Judge(named.Path));
    }

    [Fact]
    public void FindsDeadColumnsOfAConvolution()
    {
        float[] values = Random(6 * 5 * 9);
        for (int row = 0; row < 6; row++)
        {
            values.AsSpan(((row * 5) + 4) * 9, 9).Clear();
        }

        using var file = MutatedFile.With(new SafetensorsBytes().Add("conv.weight", "F32", [6, 5, 3, 3], values).Build());

        Assert.Equal(["Warning DeadColumns: one of 5 columns of tensor 'conv.weight' is all zero: column 4"], Judge(file.Path));
        Assert.Equal([FindingCodes.DeadColumns], Look(file.Path).Single().Health);
    }

    [Fact]
    public void MasksHaveNoDeadRows()
    {
        var mask = new float[16 * 16];
        for (int i = 0; i < mask.Length; i++)
        {
            mask[i] = i % 16 > i / 16 ? 1 : 0;
        }

        using var file = MutatedFile.With(new SafetensorsBytes()
            .Add("causal.weight", "F32", [16, 16], mask).Add("weight_mask", "F32", [16, 16], Sparse(mask)).Build());

        Assert.Empty(Judge(file.Path));
    }

    [Theory]
    [InlineData("F32")]
    [InlineData("BF16")]
    [InlineData("F16")]
    public void FindsValuesOfWhichNoneIsNaN(string type)
    {
        // What a released model held at one place of its flat parameters, in half precision.
        float[] corrupt = [5.2691e-05f, 4500, 1.6427e-04f, 5508, 52256, 6588, 30224, 5.2631e-05f, 7564];
        float[] values = [.. Random(200_000).Select(value => value / 50)];
        corrupt.CopyTo(values, 150_001);
        using var file = MutatedFile.With(Add(new SafetensorsBytes(), "decoder.flat_param_0", type, [200_000], values).Build());

        var finding = Assert.Single(Verify(file.Path), finding => finding.Code == FindingCodes.AbsurdValues);

        Assert.StartsWith("6 values of tensor 'decoder.flat_param_0' are beyond 100, up to 522", finding.Message, StringComparison.Ordinal);
        Assert.EndsWith("the first is [150002]", finding.Message, StringComparison.Ordinal);
        Assert.Equal(Checkpoint.Open(file.Path, Token).Tensors[0].Offset + (150_002L * (type == "F32" ? 4 : 2)), finding.Offset);
        Assert.Equal([FindingCodes.AbsurdValues], Look(file.Path).Single().Health);
    }

    [Fact]
    public void FindsOneAbsurdValueInASmallWeight() => CheckOne(
        FindingCodes.AbsurdValues, "one value of tensor 'fc.weight' is beyond", values => values[37] = -1e30f, 37, "the first is [1, 5]");

    [Fact]
    public void WhatVariesWidelyIsNotAbsurd()
    {
        float[] wide = [.. Enumerable.Range(0, 200).Select(i => (float)Math.Pow(10, (i / 20.0) - 7))];
        float[] fill = [.. Random(500), float.MinValue];
        using var file = MutatedFile.With(new SafetensorsBytes()
            .Add("bn.running_var", wide)
            .Add("optimizer.state.0.exp_avg_sq", "F32", [20, 10], [.. wide.Select(value => value * value * value)])
            .Add("attention.mask", fill)
            .Build());

        Assert.Empty(Judge(file.Path));
    }

    [Fact]
    public void FindsExplodedWeights() => CheckOne(
        FindingCodes.ExplodingNorm,
        "half of the weights of tensor 'fc.weight' are beyond ",
        values =>
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] *= 1e6f;
            }
        });

    [Fact]
    public void FindsWeightsThatDecayedToDenormalNumbers() => CheckOne(
        FindingCodes.DenormalValues,
        "tensor 'fc.weight' holds 300 denormal of 512 values",
        values => values.AsSpan(0, 300).Fill(1e-40f));

    [Theory]
    [InlineData(20f)]
    [InlineData(0.02f)]
    public void FindsALayerUnlikeItsSiblings(float factor)
    {
        var bytes = new SafetensorsBytes();
        for (int i = 0; i < 8; i++)
        {
            float[] values = Random(64, i);
            bytes.Add($"layers.{i}.fc1.weight", "F32", [8, 8], [.. values.Select(value => value * (i == 3 ? factor : 1 + (i / 16f)))]);
            bytes.Add($"layers.{i}.norm.weight", values);
        }

        using var file = MutatedFile.With(bytes.Build());

        Assert.Matches(
            "^Warning UnlikeSiblings: the root mean square of tensor 'layers.3.fc1.weight' is [0-9.]+, that of the 8 tensors 'layers.#.fc1.weight' is around [0-9.]+$",
            Assert.Single(Judge(file.Path)));
        Assert.Equal("layers.3.fc1.weight", Assert.Single(Look(file.Path), figures => figures.Health.Count > 0).Key);
    }

    [Fact]
    public void SiblingsThatDifferMuchAreAllAlike()
    {
        var bytes = new SafetensorsBytes();
        for (int i = 0; i < 9; i++)
        {
            bytes.Add($"layers.{i}.weight", "F32", [8, 8], [.. Random(64, i).Select(value => value * (float)Math.Pow(4, i))]);
        }

        using var file = MutatedFile.With(bytes.Build());

        Assert.DoesNotContain(Verify(file.Path), finding => finding.Code == FindingCodes.UnlikeSiblings);
    }

    [Fact]
    public void JudgesASliceByItself()
    {
        float[] values = Random(16 * 32);
        values.AsSpan(8 * 32, 64).Clear();
        using var file = MutatedFile.With(new SafetensorsBytes().Add("fc.weight", "F32", [16, 32], values).Build());
        var checkpoint = Checkpoint.Open(file.Path, Token);

        string[] Judge(string text)
        {
            Assert.True(TensorSlice.TryParse(text, out var slice, out _));
            return [.. new StatisticsScan(checkpoint, [slice.Apply(new TensorView(checkpoint.Tensors[0]))]).Run(null, Token).Single().Health];
        }

        Assert.Equal([FindingCodes.DeadRows], Judge("4:12"));
        Assert.Empty(Judge(":8"));
    }

    private static void CheckOne(string code, string message, Action<float[]> spoil, long? place = null, string end = "")
    {
        float[] values = Random(16 * 32);
        spoil(values);
        using var file = MutatedFile.With(new SafetensorsBytes().Add("fc.weight", "F32", [16, 32], values).Add("other.weight", "F32", [16, 32], Random(512, 9)).Build());

        var finding = Assert.Single(Verify(file.Path), finding => finding.Severity != FindingSeverity.Information && finding.Key is not null);

        Assert.Equal((FindingSeverity.Warning, code, "fc.weight"), (finding.Severity, finding.Code, finding.Key));
        Assert.StartsWith(message, finding.Message, StringComparison.Ordinal);
        Assert.EndsWith(end, finding.Message, StringComparison.Ordinal);
        Assert.Equal(place is null ? null : Checkpoint.Open(file.Path, Token).Tensors.Single(tensor => tensor.Key == "fc.weight").Offset + (place * 4), finding.Offset);
        Assert.Equal([[code], []], Look(file.Path).Select(figures => figures.Health));
    }

    private static SafetensorsBytes Add(SafetensorsBytes bytes, string key, string type, long[] shape, float[] values) => type switch
    {
        "F16" => bytes.Add(key, type, shape, Array.ConvertAll(values, value => (Half)value)),
        "BF16" => bytes.Add(key, type, shape, Array.ConvertAll(values, value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16))),
        _ => bytes.Add(key, type, shape, values),
    };

    /// <summary>Numbers between -1 and 1, none of them zero.</summary>
    private static float[] Random(int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => ((random.NextSingle() * 0.99f) + 0.01f) * (random.Next(2) == 0 ? 1 : -1))];
    }

    private static float[] Sparse(float[] mask)
    {
        float[] values = Random(mask.Length);
        return [.. mask.Select((value, i) => value * values[i])];
    }

    private static List<CheckpointFinding> Verify(string path) =>
        CheckpointVerifier.Verify(path, new VerificationOptions { Level = VerificationLevel.Values }, null, Token).Findings.ToList();

    /// <summary>What the rules warn of.</summary>
    private static string[] Judge(string path) =>
        [.. Verify(path).Where(finding => Rules.Contains(finding.Code) && finding.Severity != FindingSeverity.Information).Select(finding => finding.ToString())];

    private static List<TensorStatistics> Look(string path)
    {
        var checkpoint = Checkpoint.Open(path, Token);
        return [.. new StatisticsScan(checkpoint, checkpoint.Tensors).Run(null, Token)];
    }
}
