using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Parts;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Statistics;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Parts;

/// <summary>Whatever a fixture is, sound, odd or broken: the parts of it, joined, say what one machine says.</summary>
public sealed class EveryFixtureTests
{
    public static TheoryData<string> Fixtures => [.. FixtureFiles.Names];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void TheVerdictIsThatOfOneMachine(string name)
    {
        string path = FixtureFiles.PathOf(name);
        var options = new VerificationOptions { Level = VerificationLevel.Values };

        var joined = PartJob.Join(PartJob.RunAll(3, () => PartJob.Verify(options, ignoresCost: true), path));

        Assert.Equal(PartJob.DescribeWhole(path, options), PartJob.Describe(Assert.Single(joined)));
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void TheManifestIsThatOfOneMachine(string name)
    {
        string path = FixtureFiles.PathOf(name);
        CheckpointManifest? whole = null;
        string? error = null;
        try
        {
            whole = CheckpointManifest.Create(Checkpoint.Open(path, Token), null, Token);
        }
        catch (CheckpointException exception)
        {
            error = PartJob.Describe(exception);
        }

        var joined = Assert.Single(PartJob.Join(PartJob.RunAll(2, () => new ManifestOperation(input => input + ".manifest.json", PartJob.NoOptions) { IgnoresCost = true }, path)));

        Assert.Equal(error, joined.Problem is null ? null : PartJob.Describe(joined.Problem));
        Assert.Equal(whole is null ? null : Json(whole), joined.Manifest is null ? null : Json(joined.Manifest));
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void TheFiguresAreThoseOfOneMachine(string name)
    {
        string path = FixtureFiles.PathOf(name);
        string whole;
        try
        {
            var checkpoint = Checkpoint.Open(path, Token);
            TensorView[] views = [.. checkpoint.Tensors.Where(tensor => StatisticsScan.DescribeUnreadable(tensor) is null).Select(tensor => new TensorView(tensor))];
            whole = Describe(new StatisticsScan(checkpoint, (IReadOnlyList<TensorView>)views) { ComputesHash = true, BinCount = 4, FirstCount = 3 }.Run(null, Token));
        }
        catch (CheckpointException exception)
        {
            whole = PartJob.Describe(exception);
        }

        var joined = Assert.Single(PartJob.Join(PartJob.RunAll(3, () => PartJob.Statistics(ignoresCost: true), path)));

        Assert.Equal(whole, joined.Problem is { } problem ? PartJob.Describe(problem) : Describe(joined.Statistics!));
    }

    private static string Json(CheckpointManifest manifest)
    {
        using var stream = new MemoryStream();
        ManifestJson.Write(manifest, stream);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string Describe(IEnumerable<TensorStatistics> figures) => string.Join('\n', figures.Select(each =>
        JsonSerializer.Serialize(each with { Minimum = null, Maximum = null, First = null }, Options)
        + $" {Typed(each.Minimum)} {Typed(each.Maximum)} {string.Join(' ', (each.First ?? []).Select(Typed))}"));

    private static string Typed(object? number) => $"{number?.GetType().Name}:{number:R}";

    private static readonly JsonSerializerOptions Options = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };
}
