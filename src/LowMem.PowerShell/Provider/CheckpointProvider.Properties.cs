using System.Collections.ObjectModel;
using System.Management.Automation;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Exploring;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Statistics;
using LowMem.PowerShell.Errors;

namespace LowMem.PowerShell.Provider;

/// <content>Figures of the values of tensors.</content>
public sealed partial class CheckpointProvider
{
    /// <summary>What is known without reading values.</summary>
    private static readonly string[] Known = [nameof(TensorInfo.Key), nameof(TensorInfo.DType), nameof(TensorInfo.Shape), nameof(TensorInfo.ElementCount), nameof(TensorInfo.ByteLength)];

    private static readonly string[] Figures =
    [
        nameof(TensorStatistics.Minimum), nameof(TensorStatistics.Maximum), nameof(TensorStatistics.Mean), nameof(TensorStatistics.StandardDeviation),
        nameof(TensorStatistics.L2Norm), nameof(TensorStatistics.NaNCount), nameof(TensorStatistics.InfinityCount), nameof(TensorStatistics.ZeroCount),
        nameof(TensorStatistics.Percentiles), nameof(TensorStatistics.Health),
    ];

    /// <summary>Costs the most, and is for who asks for it by its name.</summary>
    private const string Digest = "Sha256";

    /// <inheritdoc/>
    public object? GetPropertyDynamicParameters(string path, Collection<string> providerSpecificPickList) => null;

    /// <inheritdoc/>
    public void GetProperty(string path, Collection<string> providerSpecificPickList) => ForItem(path, found =>
    {
        var place = found.Place;
        var available = place.Kind == PlaceKind.Tensor
            ? Known.Concat(Figures)
            : PSObject.AsPSObject(DriveItem.Create(found.Listing, place, drive: null).BaseObject).Properties.Where(property => property is PSProperty).Select(property => property.Name);
        var names = Choose(path, [.. available], place.Kind == PlaceKind.Tensor, providerSpecificPickList);
        if (names.Count > 0)
        {
            object item = place.Kind == PlaceKind.Tensor ? place.Node.Tensor! : DriveItem.Create(found.Listing, place, drive: null).BaseObject;
            WritePropertyObject(Describe(found.Listing.Checkpoint, item, names), found.Path);
        }
    });

    private List<string> Choose(string path, List<string> available, bool hasDigest, Collection<string>? asked)
    {
        if (asked is null || asked.Count == 0)
        {
            return available;
        }

        var chosen = new List<string>();
        foreach (string name in asked)
        {
            var pattern = WildcardPattern.Get(name, PatternOptions);
            List<string> found = hasDigest && name.Equals(Digest, StringComparison.OrdinalIgnoreCase) ? [Digest] : [.. available.Where(pattern.IsMatch)];
            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                WriteError(ErrorRecords.PropertyNotFound(path, name, hasDigest ? available.Append(Digest) : available));
            }

            chosen.AddRange(found.Except(chosen));
        }

        return chosen;
    }

    private PSObject Describe(Checkpoint checkpoint, object item, List<string> names)
    {
        var properties = new PSObject();
        var source = PSObject.AsPSObject(item);
        TensorStatistics? figures = null;
        if (item is TensorInfo tensor && names.Exists(name => name == Digest || Figures.Contains(name)))
        {
            // Of the values alone: what is asked for by name is not worth another pass.
            var scan = new StatisticsScan(checkpoint, [new TensorView(Check(tensor))]) { ComputesHash = names.Contains(Digest) };
            figures = scan.Run(progress: null, cancellation.Token).Single();
        }

        var counted = figures is null ? null : PSObject.AsPSObject(figures);
        foreach (string name in names)
        {
            object? value = name == Digest ? figures!.Hash : Figures.Contains(name) ? counted!.Properties[name].Value : source.Properties[name].Value;
            properties.Properties.Add(new PSNoteProperty(name, value));
        }

        return properties;
    }
}
