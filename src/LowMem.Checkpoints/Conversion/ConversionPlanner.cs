using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Zip;
using LowMem.Checkpoints.Formats.Safetensors;
using LowMem.Checkpoints.Formats.Writing;
using LowMem.Checkpoints.Keys;
using LowMem.Checkpoints.Sharding;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Conversion;

/// <summary>Works out what a conversion writes.</summary>
internal sealed class ConversionPlanner(Checkpoint checkpoint, ConversionDestination destination, ConversionOptions options)
{
    /// <summary>The reference implementation reads no longer header.</summary>
    private const int MaxHeaderLength = 100_000_000;
    private const int MaxNamed = 10;

    /// <summary>Says in the metadata which shard of a model a file is.</summary>
    private const string ShardKey = "shard";

    private readonly UnheldContent unheld = new(destination.Format);
    private readonly string prefix = KeyPrefix.Normalize(options.Prefix ?? string.Empty);

    private bool IsSafetensors => destination.Format == ConversionFormat.Safetensors;

    public ConversionPlan Plan(CancellationToken cancellationToken)
    {
        var whole = checkpoint.WithoutAttributes();
        CheckSound(cancellationToken);
        var selected = TensorSelection.Select(whole, options, out var part, cancellationToken);
        if (options.Filter?.Unmatched.ToList() is { Count: > 0 } absent)
        {
            throw new CheckpointException(
                CheckpointErrorIds.ConversionUnsupported,
                checkpoint.Path,
                $"there is no tensor of the name {DisplayText.Names([.. absent.Select(name => $"'{name}'")], MaxNamed)}. Get-CheckpointInfo lists the keys there are.");
        }

        if (selected.Count == 0)
        {
            throw new CheckpointException(CheckpointErrorIds.ConversionUnsupported, checkpoint.Path, "there is no tensor to write.");
        }

        if (!IsSafetensors && options.Metadata.Count > 0)
        {
            unheld.Add("free-form metadata: only safetensors has a place for it");
        }

        foreach (var tensor in selected)
        {
            cancellationToken.ThrowIfCancellationRequested();
            unheld.Check(tensor);
        }

        var values = SelectValues(selected);
        unheld.ThrowIfAny(checkpoint.Path);
        var groups = IsSafetensors ? BlobGroups.Packed(selected) : BlobGroups.Shared(selected);
        int[] shardOf = ShardSplit.Split(groups.Blobs, options.MaxShardSize, out int count);
        var texts = IsSafetensors ? MakeMetadata(values, groups, part) : [];
        var files = new List<PlannedFile>();
        var members = groups.Tensors.ToLookup(tensor => shardOf[tensor.Blob]);
        for (int shard = 0; shard < count; shard++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            files.Add(MakeFile(destination.GetName(shard + 1, count), [.. members[shard]], groups, texts, shard == 0 ? values : []));
        }

        unheld.ThrowIfAny(checkpoint.Path);
        return new ConversionPlan(checkpoint, destination)
        {
            Files = files,
            TensorCount = selected.Count,
            CastCount = selected.Count(tensor => tensor.IsCast),
            Shard = part,
            TiedCount = groups.Tensors.Count - groups.Tensors.Select(tensor => tensor.Blob).Distinct().Count(),
            MakeIndex = count == 1 ? null : folder => ShardIndexWriter.Write(
                groups.Blobs.Sum(blob => blob.ByteLength),
                texts,
                GetHeld(groups).Select(tensor => KeyValuePair.Create(tensor.Selected.Key, folder + files[shardOf[tensor.Blob]].Name))),
        };
    }

    /// <summary>No half of a checkpoint is written as if it were the whole.</summary>
    private void CheckSound(CancellationToken cancellationToken)
    {
        bool isWhole = prefix.Length == 0 && options.Filter is null && options.KeyMap is null && options.Keys is null;
        var faults = ContentFaults.Find(checkpoint, isWhole, cancellationToken);
        _ = ContentGate.Pass(checkpoint, faults, key => TensorSelection.IsChosen(key, options) && TensorSelection.GetKey(key, prefix, options) is not null, allowMissing: null);
    }

    /// <summary>The leaves that are no tensors, under the keys that they get.</summary>
    private List<KeyValuePair<string, object?>> SelectValues(List<SelectedTensor> selected)
    {
        // What lies beside the parameters of a module is no part of its state dict.
        if (checkpoint.Format == CheckpointFormats.TorchScript || checkpoint.Tensors.Any(tensor => tensor.IsAttribute))
        {
            return [];
        }

        var keys = selected.Select(tensor => tensor.Key).ToHashSet(StringComparer.Ordinal);
        var values = new List<KeyValuePair<string, object?>>();
        foreach (var (key, value) in checkpoint.Values)
        {
            if (!TensorSelection.IsChosen(key, options) || TensorSelection.GetKey(key, prefix, options) is not { } name)
            {
                continue;
            }

            string shown = DisplayText.Name(key);
            if (checkpoint.DescribedKeys.Contains(key))
            {
                unheld.Add($"'{shown}': it is an object, {DisplayText.Name($"{value}")}");
            }
            else if (!(IsSafetensors ? UnheldContent.ToText(value) is { } text && UnheldContent.IsWellFormed(text) : StateDictPickle.CanWrite(value))
                || !UnheldContent.IsWellFormed(name))
            {
                unheld.Add($"'{shown}': it is no tensor, and no simple value ({value?.GetType().Name ?? "null"})");
            }
            else if (!keys.Add(name))
            {
                unheld.Add($"'{shown}': something else has this key in the output");
            }
            else
            {
                values.Add(KeyValuePair.Create(name, value));
            }
        }

        return values;
    }

    private Dictionary<string, string> MakeMetadata(List<KeyValuePair<string, object?>> values, BlobGroups groups, ShardPlan? shard)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" };
        if (checkpoint.Format == CheckpointFormats.Safetensors)
        {
            // Which tensors are tied is said anew; the size of the shards and their pieces are theirs.
            var tensors = checkpoint.Tensors.Select(tensor => tensor.Key).ToHashSet(StringComparer.Ordinal);
            foreach (var (name, text) in checkpoint.Metadata.Where(item => item.Key != "total_size" && !item.Key.StartsWith("DCP_", StringComparison.Ordinal) && !tensors.Contains(item.Key)))
            {
                texts[name] = text;
            }
        }

        if (shard is not null && !groups.Tensors.Any(tensor => tensor.Selected.Key == ShardKey))
        {
            texts[ShardKey] = texts.TryGetValue(ShardKey, out string? outer) ? $"{shard.Shard} of {outer}" : $"{shard.Shard}";
        }

        foreach (var (name, value) in values)
        {
            texts[name] = UnheldContent.ToText(value)!;
        }

        foreach (var (name, text) in options.Metadata)
        {
            if (text is null)
            {
                texts.Remove(name);
            }
            else
            {
                texts[name] = text;
            }
        }

        foreach (var tensor in groups.Tensors.Where(tensor => texts.ContainsKey(tensor.Selected.Key)))
        {
            unheld.Add($"metadata '{DisplayText.Name(tensor.Selected.Key)}': a tensor has this name");
        }

        foreach (string name in texts.Where(item => !UnheldContent.IsWellFormed(item.Key) || !UnheldContent.IsWellFormed(item.Value)).Select(item => item.Key))
        {
            unheld.Add($"metadata '{DisplayText.Name(name)}': it is no valid Unicode text");
        }

        return texts;
    }

    private PlannedFile MakeFile(
        string name, List<PlacedTensor> tensors, BlobGroups groups, Dictionary<string, string> texts, List<KeyValuePair<string, object?>> values)
    {
        // The numbers of the blobs in this file, in the order in which they are met.
        var numbers = new Dictionary<int, int>();
        foreach (var tensor in tensors)
        {
            numbers.TryAdd(tensor.Blob, numbers.Count);
        }

        PlannedBlob[] blobs = [.. numbers.Keys.Select(blob => groups.Blobs[blob])];
        IFileLayout layout = IsSafetensors ? LayOutSafetensors(tensors, numbers, texts) : LayOutZip(name, tensors, numbers, blobs, values);
        return new PlannedFile(name, tensors.Count, layout, blobs);
    }

    private SafetensorsLayout LayOutSafetensors(List<PlacedTensor> tensors, Dictionary<int, int> numbers, Dictionary<string, string> texts)
    {
        var held = new Dictionary<int, string>();
        var metadata = new Dictionary<string, string>(texts, StringComparer.Ordinal);
        var written = new List<WrittenTensor>();
        foreach (var tensor in tensors)
        {
            if (held.TryAdd(tensor.Blob, tensor.Selected.Key))
            {
                written.Add(tensor.ToWritten(numbers[tensor.Blob]));
            }
            else
            {
                metadata[tensor.Selected.Key] = held[tensor.Blob];
            }
        }

        var layout = new SafetensorsLayout(written, metadata);
        if (layout.HeaderLength > MaxHeaderLength)
        {
            unheld.Add($"the header would have {layout.HeaderLength} bytes, and no reader takes more than {MaxHeaderLength}: write shards with -MaxShardSize");
        }

        return layout;
    }

    private TorchZipLayout LayOutZip(
        string name, List<PlacedTensor> tensors, Dictionary<int, int> numbers, PlannedBlob[] blobs, List<KeyValuePair<string, object?>> values)
    {
        WrittenBlob[] written = [.. blobs.Select(blob => new WrittenBlob(blob.Type, blob.ElementCount))];
        byte[] pickle = StateDictPickle.Write([.. tensors.Select(tensor => tensor.ToWritten(numbers[tensor.Blob]))], written, values, FindNotes());
        return new TorchZipLayout(Path.GetFileNameWithoutExtension(name), pickle, written, GetChecksum);
    }

    /// <summary>What PyTorch keeps beside the state dict that is written. Other keys would belong to other modules.</summary>
    private StateDictNotes? FindNotes()
    {
        var notes = checkpoint.StateDicts.FirstOrDefault(notes => notes.Prefix == prefix);
        return options.KeyMap is null ? notes : notes is null ? null : notes with { Modules = null };
    }

    /// <summary>The tensors that a file really holds; the others are known by their names only.</summary>
    private IEnumerable<PlacedTensor> GetHeld(BlobGroups groups) =>
        IsSafetensors ? groups.Tensors.DistinctBy(tensor => tensor.Blob) : groups.Tensors;

    private static uint GetChecksum(ReadOnlyMemory<byte> bytes)
    {
        var checksum = new Checksum();
        checksum.Append(bytes.Span);
        return checksum.Value;
    }
}
