using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Conversion;

/// <summary>
/// Which shards of a conversion are complete, with the digest of each: what a conversion that goes on after a kill goes by. It lies
/// beside the shards, and is never trusted for their content: that is read and compared.
/// </summary>
internal sealed class ConversionJournal
{
    public const string FileName = "journal.json";
    private const long MaxLength = 64 << 20;

    private readonly Dictionary<string, string> digests = new(StringComparer.Ordinal);

    /// <summary>What identifies the conversion: what is read and what becomes of it.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Whether it was allowed to replace what is there.</summary>
    public required bool Replaces { get; init; }

    /// <summary>The digest of a shard; null as long as it is not complete.</summary>
    public string? Find(string name) => digests.GetValueOrDefault(name);

    public void Add(string name, string digest) => digests[name] = digest;

    /// <summary>Reads the journal of an earlier conversion; null when there is none that can be read.</summary>
    public static ConversionJournal? Read(OutputDirectory directory)
    {
        try
        {
            using var file = CheckpointLocation.Local.Open(directory.GetStaged(FileName));
            if (file.Length > MaxLength)
            {
                return null;
            }

            using var document = JsonDocument.Parse(file.ReadRange(0, file.Length, "the journal"), new JsonDocumentOptions { MaxDepth = 8 });
            var root = document.RootElement;
            var journal = new ConversionJournal
            {
                Fingerprint = root.GetProperty("fingerprint").GetString() ?? string.Empty,
                Replaces = root.GetProperty("replaces").GetBoolean(),
            };
            foreach (var item in root.GetProperty("complete").EnumerateObject())
            {
                journal.Add(item.Name, item.Value.GetString() ?? string.Empty);
            }

            return journal;
        }
        catch (Exception exception) when (exception is CheckpointException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    /// <exception cref="CheckpointException">It cannot be written.</exception>
    public void Write(OutputDirectory directory) => AtomicFile.Write(directory.GetStaged(FileName), stream =>
    {
        using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteString("fingerprint", Fingerprint);
        writer.WriteBoolean("replaces", Replaces);
        writer.WriteStartObject("complete");
        foreach (var (name, digest) in digests)
        {
            writer.WriteString(name, digest);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    });

    /// <summary>What identifies a conversion: the versions of the files that are read, and all that is planned for each byte.</summary>
    public static string GetFingerprint(ConversionPlan plan)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in plan.Checkpoint.AllFiles)
        {
            Add($"{file.Path}\0{file.Length}\0{file.LastWriteTimeUtc.Ticks}\0{file.Identity}\0{file.Tag}");
        }

        if (plan.Shard is { } shard)
        {
            Add($"shard {shard.Shard}");
        }

        foreach (var file in plan.Files)
        {
            Add($"{file.Name}\0{file.ByteLength}");
            foreach (var (offset, bytes) in file.Layout.GetFixedParts())
            {
                Add($"{offset}");
                hash.AppendData(bytes.Span);
            }

            foreach (var (number, blob) in file.Blobs.Index())
            {
                var source = blob.Source;
                Add($"{file.Layout.GetOffset(number)}\0{blob.Type}\0{blob.Numbers is null}\0{source.Key}\0{source.DType}\0{source.StorageKey}\0{source.StorageStart}\0"
                    + $"{source.ByteLength}\0{string.Join(',', source.Shape)}\0{string.Join(',', source.Stride)}\0{source.IsConjugated}\0{source.IsNegated}");
            }
        }

        hash.AppendData(plan.MakeIndex?.Invoke(string.Empty) ?? []);
        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Add(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text + "\n"));
    }
}
