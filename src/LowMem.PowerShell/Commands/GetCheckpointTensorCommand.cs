using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Runtime.CompilerServices;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Parts;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Arrays;
using LowMem.Checkpoints.Values.Division;
using LowMem.Checkpoints.Values.Scaled;
using LowMem.Checkpoints.Values.Slices;
using LowMem.Checkpoints.Values.Statistics;
using LowMem.Checkpoints.Verification;
using LowMem.PowerShell.Completion;
using LowMem.PowerShell.Errors;
using LowMem.PowerShell.Pipeline;
using LowMem.PowerShell.Provider;

namespace LowMem.PowerShell.Commands;

/// <summary>Get-CheckpointTensor: figures of the values of tensors, or the values. Loads libtorch only for -AsTensor.</summary>
[Cmdlet(VerbsCommon.Get, "CheckpointTensor", DefaultParameterSetName = PathSet)]
[OutputType(typeof(TensorStatistics), typeof(Array), typeof(CheckpointPart))]
[OutputType("TorchSharp.torch+Tensor")]
public sealed class GetCheckpointTensorCommand : PartedCheckpointCommand
{
    /// <summary>The tensors that came down the pipeline, by their checkpoint.</summary>
    private readonly OrderedDictionary<string, OrderedDictionary<string, bool>> piped = new(StringComparer.Ordinal);

    private readonly Dictionary<string, StatisticsRequest> requests = new(StringComparer.Ordinal);

    private TensorSlice? slice;

    /// <summary>Which tensors; wildcards are allowed.</summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CheckpointKeyCompleter))]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[]? Key { get; set; }

    /// <summary>The part of each tensor to look at, in Python's notation.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Slice { get; set; }

    /// <summary>How many values to show, from the first on.</summary>
    [Parameter]
    [ValidateRange(1, 1_000_000)]
    public int First { get; set; }

    /// <summary>Computes the SHA-256 of the values as well.</summary>
    [Parameter]
    public SwitchParameter Hash { get; set; }

    /// <summary>How many bins of equal width to count the values by.</summary>
    [Parameter]
    [ValidateRange(1, 10_000)]
    public int Histogram { get; set; }

    /// <summary>Which percentiles, from 0 to 100.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ValidateRange(0.0, 100.0)]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public double[]? Percentile { get; set; }

    /// <summary>The values as an array, instead of figures.</summary>
    [Parameter]
    public SwitchParameter AsArray { get; set; }

    /// <summary>Tensors of TorchSharp, instead of figures.</summary>
    [Parameter]
    public SwitchParameter AsTensor { get; set; }

    /// <summary>Looks at the numbers that codes with scales stand for, instead of the codes.</summary>
    [Parameter]
    public SwitchParameter Dequantize { get; set; }

    /// <summary>Which part of how many, such as 3/8: only that share is looked at, and Join-CheckpointPart gives the figures of all parts.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(PartCompleter))]
    public PartNumber? Part
    {
        get => Share;
        set => Share = value;
    }

    /// <inheritdoc/>
    private protected override string Activity => "Looking at tensors";

    /// <inheritdoc/>
    private protected override PartOperation CreateOperation() => new StatisticsOperation(
        task => requests.Remove(task.Path, out var request) ? request : throw new KeyNotFoundException(task.Path),
        PartOptions.Of(this))
    {
        Locate = LocationOf,
    };

    /// <inheritdoc/>
    private protected override bool Prepare(PartTask task)
    {
        var (checkpoint, patterns, scaled, chosen) = Choose(task.Path, piped.TryGetValue(task.Path, out var keys) ? keys.Keys : null, task.Location);
        requests[task.Path] = CreateRequest(checkpoint, chosen, scaled);
        ReportUnmatched(checkpoint, task.Path, patterns);
        ReportFaults(checkpoint);
        return true;
    }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (Part is not null && (AsArray || AsTensor))
        {
            ThrowTerminatingError(ErrorRecords.ParametersExclusive(nameof(Part), AsArray ? nameof(AsArray) : nameof(AsTensor)));
        }

        string? forFigures = First > 0 ? nameof(First) : Hash ? nameof(Hash) : Histogram > 0 ? nameof(Histogram) : Percentile is not null ? nameof(Percentile) : null;
        string? other = AsArray && AsTensor ? nameof(AsTensor) : forFigures;
        if ((AsArray || AsTensor) && other is not null)
        {
            ThrowTerminatingError(ErrorRecords.ParametersExclusive(AsArray ? nameof(AsArray) : nameof(AsTensor), other));
        }

        if (Slice is not null && !TensorSlice.TryParse(Slice, out slice, out string? problem))
        {
            ThrowTerminatingError(ErrorRecords.SliceInvalid(Slice, problem));
        }
    }

    /// <inheritdoc/>
    protected override bool TakePart(string path, string? key)
    {
        if (key is null)
        {
            return false;
        }

        if (!piped.TryGetValue(path, out var keys))
        {
            piped.Add(path, keys = new OrderedDictionary<string, bool>(StringComparer.Ordinal));
        }

        keys.TryAdd(key, true);
        return true;
    }

    /// <inheritdoc/>
    private protected override bool TakeItem(string path, DriveSelection selection)
    {
        foreach (string key in selection.Tensors)
        {
            TakePart(path, key);
        }

        return true;
    }

    /// <inheritdoc/>
    protected override void ProcessCheckpoint(string path) => Process(path, null);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (var (path, keys) in piped)
        {
            ForItem(path, () =>
            {
                if (Part is null)
                {
                    Process(path, keys.Keys);
                }
                else
                {
                    Collect(path);
                }
            });
        }

        base.EndProcessing();
        TellTraffic();
    }

    private void Process(string path, IEnumerable<string>? keys)
    {
        var (checkpoint, patterns, scaled, chosen) = Choose(path, keys);
        if (AsArray)
        {
            WriteArrays(checkpoint, path, chosen);
        }
        else if (AsTensor)
        {
            WriteTensors(checkpoint, path, chosen);
        }
        else
        {
            WriteFigures(path, CreateRequest(checkpoint, chosen, scaled));
        }

        ReportUnmatched(checkpoint, path, patterns);
        ReportFaults(checkpoint);
    }

    private (Checkpoint Checkpoint, NamePatterns Patterns, ScaledTensors Scaled, List<(TensorView View, ScaledView? Scaled)> Chosen) Choose(
        string path, IEnumerable<string>? keys, CheckpointLocation? location = null)
    {
        var checkpoint = OpenCheckpoint(path, location);
        var patterns = new NamePatterns(Key);
        var scaled = ScaledTensors.Find(checkpoint, StopToken);
        var chosen = new List<(TensorView View, ScaledView? Scaled)>();
        foreach (var tensor in keys is null ? TensorNames.FindNamed(checkpoint, Key) : Find(checkpoint, path, keys))
        {
            var numbers = Dequantize ? scaled.OfStored(tensor.Key) : null;
            bool isMatch = patterns.IsMatch(tensor.Key);
            if (isMatch || (numbers is not null && patterns.IsMatch(numbers.Key)))
            {
                // Scales are no numbers of the model; who names them wants them.
                bool isLeftOut = Dequantize && scaled.AreScales(tensor.Key) && Key?.Contains(tensor.Key, StringComparer.OrdinalIgnoreCase) != true;
                ForItem(path, () => chosen.AddRange(isLeftOut ? [] : [GetPart(tensor, numbers)]));
            }
        }

        return (checkpoint, patterns, scaled, chosen);
    }

    private (TensorView View, ScaledView? Scaled) GetPart(TensorInfo tensor, ScaledTensor? numbers)
    {
        if (numbers is not null)
        {
            var part = ScaledView.Of(numbers, slice);
            return (part.Codes, part);
        }

        // What libtorch takes as it is need not be numbers here.
        if (!AsTensor && StatisticsScan.DescribeUnreadable(tensor) is { } reason)
        {
            throw new CheckpointException(
                CheckpointErrorIds.Unsupported, tensor.Path, $"the values of '{DisplayText.Name(tensor.Key)}' cannot be read as numbers: {reason}.")
            {
                Record = tensor.Key,
            };
        }

        var view = new TensorView(tensor);
        return (slice is null ? view : slice.Apply(view), null);
    }

    private StatisticsRequest CreateRequest(Checkpoint checkpoint, List<(TensorView View, ScaledView? Scaled)> chosen, ScaledTensors scaled) => new(
        checkpoint,
        [.. chosen.Select(part => part.View)],
        chosen.Where(part => part.Scaled is not null).ToDictionary(part => part.View, part => part.Scaled!),
        new StatisticsSettings
        {
            ComputesHash = Hash,
            FirstCount = First,
            BinCount = Histogram,
            Percentages = Percentile is null ? StatisticsScan.DefaultPercentages : [.. Percentile.Distinct()],
        },
        figures => figures with { Slice = slice?.Text, Scheme = figures.Scheme ?? scaled.OfStored(figures.Key)?.Scheme });

    private void WriteFigures(string path, StatisticsRequest request)
    {
        var scan = request.CreateScan();

        // What has been looked at is written before the rest is: of a large checkpoint, the first figures come soon.
        var clock = Stopwatch.StartNew();
        IProgress<VerificationProgress>? progress = null;
        using var groups = scan.RunGroups(done => progress?.Report(new VerificationProgress(done, scan.ByteLength)), StopToken).GetEnumerator();
        while (ProgressBar.Run(this, "Looking at tensors", path, clock, reports =>
        {
            progress = reports;
            return groups.MoveNext();
        }))
        {
            foreach (var figures in groups.Current)
            {
                WriteObject(request.Finish(figures));
            }
        }
    }

    private void WriteArrays(Checkpoint checkpoint, string path, List<(TensorView View, ScaledView? Scaled)> chosen)
    {
        using var reader = new TensorDataReader(checkpoint);
        WriteValues(path, chosen, (view, numbers, progress) =>
        {
            object array = numbers is null ? TensorArray.Read(reader, view, progress, StopToken) : TensorArray.Read(reader, numbers, progress, StopToken);
            reader.CheckUnchanged();
            return array;
        });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteTensors(Checkpoint checkpoint, string path, List<(TensorView View, ScaledView? Scaled)> chosen)
    {
        if (chosen.Count > 0)
        {
            using var tensors = new LoadedTensors(checkpoint);
            WriteValues(path, chosen, (view, numbers, progress) => tensors.Load(view, numbers, progress, StopToken));
        }
    }

    private void WriteValues(string path, List<(TensorView View, ScaledView? Scaled)> chosen, Func<TensorView, ScaledView?, Action<long>, object> read)
    {
        foreach (var (view, numbers) in chosen)
        {
            long length = numbers?.Numbers.ByteLength ?? view.ByteLength;
            ForItem(path, () => WriteObject(
                ProgressBar.Run(this, "Reading tensor", path, progress => read(view, numbers, done => progress.Report(new VerificationProgress(done, length)))),
                enumerateCollection: false));
        }
    }

    /// <summary>The tensors that came down the pipeline, in that order.</summary>
    private IEnumerable<TensorInfo> Find(Checkpoint checkpoint, string path, IEnumerable<string> keys)
    {
        var known = TensorNames.FindAll(checkpoint);
        foreach (string key in keys)
        {
            if (!known.Contains(key))
            {
                WriteError(ErrorRecords.KeyNotFound(path, key, checkpoint.Tensors.Select(tensor => tensor.Key)));
            }

            foreach (var tensor in known[key])
            {
                yield return tensor;
            }
        }
    }
}
