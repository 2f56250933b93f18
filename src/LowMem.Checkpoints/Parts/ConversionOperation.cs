using System.Diagnostics;
using System.Globalization;
using System.Text;
using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Parts.Records;
using LowMem.Checkpoints.Values.Division;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Parts;

/// <summary>The division of Convert-Checkpoint: each part writes some of the files. <see cref="ConversionJoin"/> brings them into their places.</summary>
/// <param name="request">The conversion of a checkpoint.</param>
/// <param name="texts">What was asked for, by the names of the parameters.</param>
public sealed class ConversionOperation(Func<PartTask, ConversionRequest> request, IReadOnlyDictionary<string, string> texts)
    : PartOperation(ConversionOperation.CmdletName, texts)
{
    internal const string CmdletName = "Convert-Checkpoint";

    /// <summary>Also of one file, which one part writes: it takes its place by the join.</summary>
    internal override bool AlwaysDivides => true;

    internal override PartItem Run(PartTask task, PlanPart part, IProgress<VerificationProgress>? progress, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        var (plan, settings) = request(task);
        task.Memory.Seal();
        int[] partOf = Assign(plan, part.Loads);
        int[] mine = [.. partOf.Index().Where(file => file.Item == part.Part).Select(file => file.Index)];
        string mark = string.Create(CultureInfo.InvariantCulture, $"part{part.Part + 1}");
        var digests = new PartConversion(plan, settings, mark).Run(mine, progress, cancellationToken);
        var digestOf = mine.Zip(digests).ToDictionary(pair => pair.First, pair => pair.Second);
        byte[]? index = plan.MakeIndex?.Invoke(string.Empty);
        string layout = string.Join(',', partOf);
        string[] lengths = [.. plan.Files.Select(file => string.Create(CultureInfo.InvariantCulture, $"{file.Name}\0{file.ByteLength}"))];
        return MakeItem(task, part, PartFingerprint.Of(plan.Checkpoint.AllFiles, [layout, .. lengths, index is null ? string.Empty : Encoding.UTF8.GetString(index)])) with
        {
            Conversion = new ConversionRecord
            {
                Format = plan.Destination.Format,
                Directory = plan.Destination.Directory,
                Stem = plan.Destination.Stem,
                Extension = plan.Destination.Extension,
                Replaces = settings.Replaces,
                Verified = settings.Verifies,
                TensorCount = plan.TensorCount,
                CastCount = plan.CastCount,
                TiedCount = plan.TiedCount,
                Duration = Stopwatch.GetElapsedTime(started).Ticks,
                BytesRead = task.Meter.Bytes,
                Files = [.. plan.Files.Select((file, number) => new WrittenFileRecord(file.Name, file.ByteLength, digestOf.GetValueOrDefault(number)))],
                Index = part.HasCommon && index is not null ? Encoding.UTF8.GetString(index) : null,
            },
        };
    }

    /// <summary>The part of each file, the largest first.</summary>
    private static int[] Assign(ConversionPlan plan, PartLoads loads)
    {
        int[] partOf = new int[plan.Files.Count];
        foreach (var (number, file) in plan.Files.Index().OrderByDescending(file => file.Item.ByteLength).ThenBy(file => file.Index))
        {
            partOf[number] = loads.Assign(file.ByteLength);
        }

        return partOf;
    }
}
