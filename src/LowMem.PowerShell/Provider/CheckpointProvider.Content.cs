using System.Management.Automation;
using System.Management.Automation.Provider;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Exploring;
using LowMem.Checkpoints.Values.Statistics;
using LowMem.PowerShell.Errors;

namespace LowMem.PowerShell.Provider;

/// <content>Values of tensors.</content>
public sealed partial class CheckpointProvider
{
    /// <inheritdoc/>
    public object GetContentReaderDynamicParameters(string path) => new ContentParameters();

    /// <inheritdoc/>
    public IContentReader? GetContentReader(string path)
    {
        IContentReader? reader = null;
        ForItem(path, found =>
        {
            var parameters = DynamicParameters as ContentParameters ?? new ContentParameters();
            reader = found.Place switch
            {
                { Kind: PlaceKind.Value } => new ValueReader(found.Place.Node.Value),
                { Node.Tensor: { } tensor } => new TensorContentReader(found.Listing.Checkpoint, Check(tensor), parameters, cancellation.Token),
                _ => throw new RefusedException(ErrorRecords.NoContent(path)),
            };
        });
        return reader;
    }

    private static TensorInfo Check(TensorInfo tensor) => StatisticsScan.DescribeUnreadable(tensor) is { } reason
        ? throw new CheckpointException(
            CheckpointErrorIds.Unsupported, tensor.Path, $"the values of '{DisplayText.Name(tensor.Key)}' cannot be read as numbers: {reason}.")
        {
            Record = tensor.Key,
        }
        : tensor;

    /// <summary>What Get-Content takes for tensors.</summary>
    internal sealed class ContentParameters
    {
        /// <summary>The whole tensor as one array of as many dimensions.</summary>
        [Parameter]
        public SwitchParameter Raw { get; set; }

        /// <summary>The row to begin with, from 0 on, or from the end when it is negative; those in front are not read. -Tail is for files alone.</summary>
        [Parameter]
        public long Skip { get; set; }
    }
}
