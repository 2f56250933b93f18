using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Parts.Records;
using LowMem.Checkpoints.Values.Division;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Parts;

/// <summary>The division of New-CheckpointManifest, and its join.</summary>
/// <param name="output">Where the manifest of a checkpoint is to be written.</param>
/// <param name="texts">What was asked for, by the names of the parameters.</param>
public sealed class ManifestOperation(Func<string, string> output, IReadOnlyDictionary<string, string> texts) : PartOperation(ManifestOperation.CmdletName, texts)
{
    internal const string CmdletName = "New-CheckpointManifest";

    internal override PartItem Run(PartTask task, PlanPart part, IProgress<VerificationProgress>? progress, CancellationToken cancellationToken)
    {
        var checkpoint = CheckpointOpener.Open(task.Location, task.Path, looksAround: false, cancellationToken);
        task.Memory.Seal();
        var scan = ManifestScan.Run(checkpoint, part.Divide, progress, cancellationToken);
        return MakeItem(task, part, PartFingerprint.Of(checkpoint.AllFiles, scan.Share.Layout, checkpoint.Format, $"{scan.Tensors.Count}")) with
        {
            Manifest = new ManifestRecord
            {
                Format = checkpoint.Format,
                Output = output(task.Path),
                FileCount = scan.Files.Count,
                TensorCount = scan.Tensors.Count,
                BytesRead = task.Meter.Bytes,
                Files =
                [
                    .. scan.Files.Index().Where(file => file.Item.IsHere)
                        .Select(file => new FileHashRecord(file.Index, file.Item.Item.Path, file.Item.Item.Length, file.Item.Item.Sha256)),
                ],
                Tensors =
                [
                    .. scan.Tensors.Index().Where(tensor => tensor.Item.IsHere).Select(tensor => new TensorHashRecord(
                        tensor.Index, tensor.Item.Item.Key, tensor.Item.Item.DType, [.. tensor.Item.Item.Shape], tensor.Item.Item.Sha256)),
                ],
            },
        };
    }

    /// <summary>The manifest that one machine would have made.</summary>
    /// <param name="items">What all parts hashed of one checkpoint.</param>
    /// <exception cref="CheckpointException">Something was hashed by no part.</exception>
    internal static CheckpointManifest Join(IReadOnlyList<PartItem> items)
    {
        var common = items.First(item => item.HasCommon).Manifest!;
        var files = items.SelectMany(item => item.Manifest!.Files).OrderBy(file => file.Index).ToList();
        var tensors = items.SelectMany(item => item.Manifest!.Tensors).OrderBy(tensor => tensor.Index).ToList();
        if (!files.Select(file => file.Index).SequenceEqual(Enumerable.Range(0, common.FileCount))
            || !tensors.Select(tensor => tensor.Index).SequenceEqual(Enumerable.Range(0, common.TensorCount)))
        {
            throw new CheckpointException(
                CheckpointErrorIds.PartsNotWhole, items[0].Path, "the parts do not hold each file and tensor once. Run all of them again.");
        }

        return CheckpointManifest.Of(
            common.Format,
            files.Select(file => new ManifestFile(file.Path, file.Length, file.Sha256)),
            tensors.Select(tensor => new ManifestTensor(tensor.Key, tensor.DType, tensor.Shape, tensor.Sha256)));
    }
}
