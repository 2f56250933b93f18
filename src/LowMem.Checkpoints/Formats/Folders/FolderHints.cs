using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.Distributed;
using LowMem.Checkpoints.Formats.Foreign;

namespace LowMem.Checkpoints.Formats.Folders;

/// <summary>Says of a directory without a checkpoint what there is instead.</summary>
internal static class FolderHints
{
    private const int MostNamed = 5;
    private const int MostFolders = 100;
    private const int MostBelow = 1000;
    private const int MostFiles = 50;

    /// <summary>The error, which names what may have been meant.</summary>
    public static CheckpointException Explain(FolderListing listing, CancellationToken cancellationToken)
    {
        string[] hints =
        [
            .. Pieces(listing),
            .. SavedModel(listing),
            .. Below(listing, cancellationToken),
            .. Foreign(listing, cancellationToken),
        ];
        return new CheckpointException(
            CheckpointErrorIds.NotFound,
            listing.Directory.Name,
            string.Join(
                ' ',
                hints.Prepend("the directory holds no checkpoint: there is no '*.index.json', '.metadata', 'model.safetensors' or 'pytorch_model.bin' in it, nor another file that is one.")));
    }

    private static IEnumerable<string> Pieces(FolderListing listing)
    {
        if (listing.Files.FirstOrDefault(file => Path.GetExtension(file) == ".distcp") is { } piece)
        {
            yield return $"'{DisplayText.Name(piece)}' is a part of a distributed checkpoint whose '{DistributedReader.MetadataFile}' is missing: get that file, too.";
        }
    }

    private static IEnumerable<string> SavedModel(FolderListing listing)
    {
        if (listing.Find("saved_model.pb").Any() || listing.Find("keras_metadata.pb").Any())
        {
            yield return "This is a SavedModel of TensorFlow.";
        }
        else if (listing.Files.Any(file => file.Contains(".data-00000-of-", StringComparison.Ordinal)))
        {
            yield return "This is a checkpoint of TensorFlow.";
        }
    }

    private static IEnumerable<string> Below(FolderListing listing, CancellationToken cancellationToken)
    {
        var folders = new List<string>();
        foreach (string folder in listing.Folders.Take(MostFolders))
        {
            cancellationToken.ThrowIfCancellationRequested();
            folders.AddRange(FindBelow(listing, folder));
        }

        if (folders.Count > 0)
        {
            string more = folders.Count > MostNamed ? $" and {folders.Count - MostNamed} more" : string.Empty;
            yield return $"There are checkpoints in {string.Join(", ", folders.Take(MostNamed).Select(name => $"'{DisplayText.Name(name)}'"))}{more}: "
                + "name one of these; Test-Checkpoint -Recurse tests them all.";
        }
    }

    /// <summary>The directory itself, or those of the revisions in a cache of Hugging Face.</summary>
    private static IEnumerable<string> FindBelow(FolderListing listing, string folder)
    {
        try
        {
            var below = listing.Directory.Below(folder).List();
            return folder == "snapshots" ? [.. below.Where(entry => entry.IsDirectory).Take(MostNamed + 1).Select(revision => Path.Combine(folder, revision.Name)).Order(StringComparer.Ordinal)]
                : below.Where(entry => !entry.IsDirectory).Take(MostBelow).Any(file => IsSign(file.Name)) ? [folder]
                : [];
        }
        catch (CheckpointException)
        {
            return [];
        }
    }

    private static bool IsSign(string file) =>
        file == DistributedReader.MetadataFile
        || file.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase)
        || (CheckpointSigns.IsNamedLikeOne(file) && Path.GetExtension(file) != ".distcp");

    private static IEnumerable<string> Foreign(FolderListing listing, CancellationToken cancellationToken)
    {
        int told = 0;
        foreach (string file in listing.Files.Take(MostFiles))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (told < MostNamed && Describe(listing, file, cancellationToken) is { } foreign)
            {
                told++;
                yield return $"'{DisplayText.Name(file)}' is {foreign.Name}.";
            }
        }
    }

    /// <summary>Texts, images and the like are in every directory.</summary>
    private static ForeignFile? Describe(FolderListing listing, string file, CancellationToken cancellationToken)
    {
        try
        {
            using var reader = listing.Directory.Open(file, cancellationToken);
            byte[] start = reader.ReadRange(0, Math.Min(reader.Length, 512), "the start of the file");
            return ForeignFormats.Find(start) is { HoldsWeights: true } foreign ? foreign : null;
        }
        catch (CheckpointException)
        {
            return null;
        }
    }
}
