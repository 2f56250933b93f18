using LowMem.Checkpoints.Containers.Zip;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Storages;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Formats.PyTorch.Zip;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Exported;

/// <summary>
/// Gathers the tensors of an exported program. Records that are files of <c>torch.save</c> are read last, in the order of
/// the file, so that one that lies in another is noticed: no byte is read twice.
/// </summary>
internal sealed class ExportedContents(
    ZipArchive archive, string root, string checkpoint, bool isBigEndian, CancellationToken cancellationToken)
{
    /// <summary>Objects that are no tensors go by these names (<c>CUSTOM_OBJ_FILENAME_PREFIX</c>, <c>OPAQUE_OBJ_FILENAME_PREFIX</c>).</summary>
    private static readonly string[] ObjectPrefixes = ["custom_obj_", "opaque_obj_"];

    private readonly Dictionary<string, List<(int Order, Payload Payload)>> payloads = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Order, string Prefix)> wholes = new(StringComparer.Ordinal);
    private readonly List<(int Order, TensorInfo Tensor)> tensors = [];
    private readonly List<StoredStorage> partStorages = [];
    private readonly TensorInfoFactory factory = new(archive.File, checkpoint, CheckpointFormats.TorchExport, new NoStorages());
    private int named;

    /// <summary>The tensors, in the order in which the configurations name them.</summary>
    public IReadOnlyList<TensorInfo> Tensors => [.. tensors.OrderBy(item => item.Order).Select(item => item.Tensor)];

    public OrderedDictionary<string, object?> Values { get; } = [];

    /// <inheritdoc cref="Checkpoint.DescribedKeys"/>
    public HashSet<string> DescribedKeys { get; } = new(StringComparer.Ordinal);

    public List<CheckpointFinding> Findings { get; } = [];

    /// <summary>The files of <c>torch.save</c> in the archive.</summary>
    public List<Checkpoint> Parts { get; } = [];

    /// <summary>Where those of them are that are archives themselves.</summary>
    public List<ArchivePlace> Archives { get; } = [];

    /// <summary>The errors of those that broke; they tell what Python would have run before the break.</summary>
    public List<CheckpointException> Errors { get; } = [];

    /// <summary>The full names of the records that were read, or are the elements of tensors.</summary>
    public HashSet<string> KnownRecords { get; } = new(StringComparer.Ordinal);

    /// <summary>A record that is a state dict, or a dict of constants.</summary>
    public void AddWhole(string record, string prefix) => wholes[record] = (named++, prefix);

    /// <summary>What a configuration names; one that cannot be read is a finding.</summary>
    public void AddConfig(string record, string prefix, string folder, Func<List<Payload>> read)
    {
        try
        {
            var resolver = new ZipStorageResolver(archive, root, folder.TrimEnd('/'), isBigEndian);
            foreach (var payload in read())
            {
                cancellationToken.ThrowIfCancellationRequested();
                Add(payload with { Key = prefix + payload.Key }, folder, resolver);
            }
        }
        catch (CheckpointException exception)
        {
            Findings.Add(new CheckpointFinding(
                FindingSeverity.Error, FindingCodes.ArchiveEntryInvalid, null, exception.Offset, exception.Detail.TrimEnd('.')));
        }
    }

    /// <summary>Reads the records that are files of <c>torch.save</c>.</summary>
    public void ReadParts()
    {
        long end = 0;
        var places = wholes.Keys.Concat(payloads.Keys).Distinct(StringComparer.Ordinal).Select(Locate).OrderBy(place => place.Offset);
        foreach (var (record, offset, length, problem) in places)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string? fault = problem ?? (offset < end ? "its bytes belong to another record" : null);
            if (fault is null)
            {
                end = offset + length;
                fault = ReadPart(record, offset, length);
            }

            if (fault is not null)
            {
                AddFinding(FindingCodes.ArchiveEntryInvalid, null, $"record '{DisplayText.Name(record)}' cannot be read: {fault.TrimEnd('.')}");
                foreach (var (order, payload) in payloads.GetValueOrDefault(record, []))
                {
                    tensors.Add((order, factory.CreateFaulty(payload.Key, payload.Tensor, "its record cannot be read")));
                }
            }
        }
    }

    /// <summary>The storages in the archive: each record of weights or constants that is no configuration and no object.</summary>
    public IEnumerable<StoredStorage> ListStorages(IEnumerable<string> records) => records
        .Where(record => !record.EndsWith(".json", StringComparison.Ordinal) && !record.EndsWith('/') && !IsObject(record))
        .Where(record => !wholes.ContainsKey(record) && !payloads.ContainsKey(record))
        .Select(record => new StoredStorage(archive.File.Name, record, archive.Find(root + record)!.Value.Length))
        .Concat(partStorages);

    public void AddFinding(string code, string? key, string message) =>
        Findings.Add(new CheckpointFinding(FindingSeverity.Error, code, key, null, message));

    private void Add(Payload payload, string folder, ZipStorageResolver resolver)
    {
        int order = named++;
        string record = folder + payload.Record;
        if (payload.Record.Length == 0 || payload.Record.Contains('/', StringComparison.Ordinal))
        {
            AddFaulty(order, payload, FindingCodes.StorageMissing, "its record is not in the folder of weights");
        }
        else if (payload.Problem is { } problem)
        {
            AddFaulty(order, payload, FindingCodes.TensorInvalid, problem);
        }
        else if (payload.IsPickled && IsObject(record))
        {
            DescribedKeys.Add(payload.Key);
            Values[payload.Key] = $"object in record '{DisplayText.Name(record)}'";
        }
        else if (payload.IsPickled)
        {
            if (!payloads.TryGetValue(record, out var sharing))
            {
                payloads.Add(record, sharing = []);
            }

            sharing.Add((order, payload));
        }
        else
        {
            KnownRecords.Add(root + record);
            AddRaw(order, payload, resolver);
        }
    }

    private void AddRaw(int order, Payload payload, ZipStorageResolver resolver)
    {
        var description = payload.Tensor!;
        try
        {
            var storage = resolver.ResolveRecord(payload.Record, description.Type!);

            // Written for fake tensors; PyTorch reads such a record as zeros.
            bool isFake = storage.Extent.ByteLength == 0 && !description.Shape.Contains(0);
            tensors.Add((order, factory.Create(payload.Key, isFake
                ? description with { UnreadableReason = "it was exported without values" }
                : description with { Content = storage })));
        }
        catch (TensorProblemException problem)
        {
            AddFaulty(order, payload, problem.Code, problem.Message);
        }
    }

    private void AddFaulty(int order, Payload payload, string code, string problem)
    {
        AddFinding(code, payload.Key, $"tensor '{DisplayText.Name(payload.Key)}': {problem}");
        tensors.Add((order, factory.CreateFaulty(payload.Key, payload.Tensor, problem)));
    }

    private (string Record, long Offset, long Length, string? Problem) Locate(string record)
    {
        if (archive.Find(root + record) is not { } entry)
        {
            return (record, 0, 0, "the archive has none of that name");
        }

        try
        {
            return entry.IsPlain
                ? (record, archive.GetDataOffset(entry), entry.Length, null)
                : (record, 0, 0, "it is compressed, and what lies in it cannot be read in place. Pack the archive anew without compression");
        }
        catch (CheckpointException exception)
        {
            return (record, 0, 0, exception.Detail);
        }
    }

    /// <summary>Returns what is wrong with the record, or null.</summary>
    private string? ReadPart(string record, long offset, long length)
    {
        try
        {
            var slice = archive.File.Slice(offset, length);
            var part = ContentDetector.Detect(slice) switch
            {
                ContentKind.Zip => PyTorchZipReader.Read(slice, checkpoint, isPart: true, cancellationToken),
                ContentKind.LegacyPyTorch => Legacy.LegacyReader.Read(slice, checkpoint, cancellationToken),
                _ => null,
            };
            if (part is null)
            {
                return "it is no file of torch.save";
            }

            Add(record, offset, length, part);
            return null;
        }
        catch (CheckpointException exception)
        {
            Errors.Add(exception);
            return exception.Detail;
        }
    }

    private void Add(string record, long offset, long length, Checkpoint part)
    {
        KnownRecords.Add(root + record);
        Parts.Add(part with
        {
            Findings = [.. part.Findings.Select(finding => finding.Offset is { } place ? finding with { Offset = place + offset } : finding)],
        });
        partStorages.AddRange(part.Storages.Select(storage => storage with { Key = EmbeddedTensors.StorageKey(storage.Key, offset) }));
        if (part.Format != CheckpointFormats.PyTorchLegacy)
        {
            Archives.Add(new ArchivePlace(archive.File.Name, offset, length));
        }

        if (wholes.TryGetValue(record, out var whole))
        {
            AddAll(whole.Order, part, offset, key => whole.Prefix + key);
        }

        foreach (var (order, payload) in payloads.GetValueOrDefault(record, []))
        {
            if (payload.Tensor is null && part.Tensors.Count == 1)
            {
                AddAll(order, part, offset, key => EmbeddedTensors.Rename(key, payload.Key));
            }
            else
            {
                AddView(order, payload, part, offset);
            }
        }
    }

    private void AddAll(int order, Checkpoint part, long offset, Func<string, string> rename)
    {
        tensors.AddRange(part.Tensors.Select(tensor => (order, EmbeddedTensors.Adopt(tensor, offset, CheckpointFormats.TorchExport, rename))));
        foreach (var (key, value) in part.Values)
        {
            Values[rename(key)] = value;
            if (part.DescribedKeys.Contains(key))
            {
                DescribedKeys.Add(rename(key));
            }
        }
    }

    /// <summary>A part of the one tensor in a record, by its own sizes and strides in the same storage.</summary>
    private void AddView(int order, Payload payload, Checkpoint part, long offset)
    {
        if (payload.Tensor is null || part.Tensors is not [{ Storage: { } } only] || only.UnreadableReason is not null)
        {
            AddFaulty(order, payload, FindingCodes.TensorInvalid, "its record is not one tensor that can be read");
            return;
        }

        var whole = EmbeddedTensors.Adopt(only, offset, CheckpointFormats.TorchExport, key => key);
        try
        {
            var type = DType.Get(whole.DType);
            tensors.Add((order, factory.Create(payload.Key, payload.Tensor with
            {
                Type = type,
                Content = new ResolvedStorage(whole.StorageKey, type, whole.Storage!),
            })));
        }
        catch (TensorProblemException problem)
        {
            AddFaulty(order, payload, problem.Code, problem.Message);
        }
    }

    private static bool IsObject(string record) =>
        ObjectPrefixes.Any(prefix => record.StartsWith(ExportedRecords.ConstantsFolder + prefix, StringComparison.Ordinal));

    private sealed class NoStorages : IStorageResolver
    {
        public ResolvedStorage Resolve(PicklePersistentId id) =>
            throw new TensorProblemException(FindingCodes.StorageMissing, "exported programs name no storages");
    }
}
