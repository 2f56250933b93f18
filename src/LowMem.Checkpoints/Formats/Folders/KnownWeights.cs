using System.Text.RegularExpressions;

namespace LowMem.Checkpoints.Formats.Folders;

/// <summary>
/// The files that a library writes and looks for under fixed names: with an index, whole, or as shards; without a variant
/// first, and safetensors before pickles, as <c>from_pretrained</c> takes them.
/// </summary>
/// <param name="stem">The name in front of the extension.</param>
internal sealed partial class KnownWeights(string stem)
{
    private const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture;

    /// <summary>How the files of the model end, in the order in which they are preferred.</summary>
    private readonly string[] names = stem == "model" ? ["model.safetensors", "pytorch_model.bin"] : [$"{stem}.safetensors", $"{stem}.bin"];

    /// <summary>Transformers; Diffusers; PEFT. Names of one library stand for one model, those of two for two.</summary>
    public static IReadOnlyList<KnownWeights> Libraries { get; } =
        [new("model"), new("diffusion_pytorch_model"), new("adapter_model")];

    /// <summary>What Mistral writes: beside the files of Transformers it is the same model once more.</summary>
    public static KnownWeights Consolidated { get; } = new("consolidated");

    /// <summary>The one that is preferred; several when the names do not say which; none when there is none.</summary>
    public IReadOnlyList<FolderCandidate> Find(FolderListing listing, IReadOnlyList<ShardSet> sets)
    {
        // There may be a hundred thousand other files.
        listing = listing with
        {
            Files = [.. listing.Files.Where(file => Array.Exists(names, name => file.StartsWith(Split(name).Stem, StringComparison.OrdinalIgnoreCase)))],
        };
        foreach (string name in names)
        {
            var (stem, extension) = Split(name);
            var found = FirstOf(
                listing.Find($"{name}.index.json"), listing.Find(name), sets.Where(set => IsSet(set, stem, extension)));
            if (found.Count > 0)
            {
                return found;
            }
        }

        return FindVariants(listing, sets);
    }

    private static IReadOnlyList<FolderCandidate> FirstOf(
        IEnumerable<string> indexes, IEnumerable<string> files, IEnumerable<ShardSet> sets)
    {
        IReadOnlyList<FolderCandidate> found = [.. indexes.Select(AsFile)];
        if (found.Count == 0)
        {
            found = [.. files.Select(AsFile)];
        }

        return found.Count > 0 ? found : [.. sets.Select(FolderCandidate.Of)];
    }

    /// <summary>Each variant once, such as <c>fp16</c>, in its preferred form.</summary>
    private List<FolderCandidate> FindVariants(FolderListing listing, IReadOnlyList<ShardSet> sets)
    {
        var byVariant = new SortedDictionary<string, IReadOnlyList<FolderCandidate>>(StringComparer.OrdinalIgnoreCase);
        foreach (string name in names)
        {
            var (stem, extension) = Split(name);
            var variants = listing.Files.Select(file => VariantOf(file, stem, extension))
                .Concat(sets.Select(set => VariantOf(set, stem, extension)))
                .OfType<string>();
            foreach (string variant in variants.Distinct(StringComparer.OrdinalIgnoreCase).Where(variant => !byVariant.ContainsKey(variant)).ToList())
            {
                byVariant.Add(variant, FirstOf(
                    listing.Find($"{name}.index.{variant}.json").Concat(listing.Find($"{stem}.{variant}{extension}.index.json")),
                    listing.Find($"{stem}.{variant}{extension}"),
                    sets.Where(set => variant.Equals(VariantOf(set, stem, extension), StringComparison.OrdinalIgnoreCase))));
            }
        }

        return [.. byVariant.Values.SelectMany(found => found)];
    }

    private static bool IsSet(ShardSet set, string stem, string extension) =>
        set.Shards[0] is { IsPart: false } shard && IsSame(shard.Stem, stem) && IsSame(shard.Suffix, extension);

    private static string? VariantOf(string file, string stem, string extension)
    {
        if (ShardName.TryParse(file) is not null)
        {
            return null;
        }

        string[] shapes = [$"{stem}.*{extension}.index.json", $"{stem}{extension}.index.*.json", $"{stem}.*{extension}"];
        return shapes.Select(shape => Between(file, shape)).FirstOrDefault(variant => variant is not null);
    }

    /// <summary>In front of the number, or (older) behind it.</summary>
    private static string? VariantOf(ShardSet set, string stem, string extension) => set.Shards[0] switch
    {
        { IsPart: true } => null,
        var shard when IsSame(shard.Suffix, extension) => Between(shard.Stem, $"{stem}.*"),
        var shard when IsSame(shard.Stem, stem) => Between(shard.Suffix, $".*{extension}"),
        _ => null,
    };

    /// <summary>What stands in the place of the <c>*</c>, when it can be a variant.</summary>
    private static string? Between(string text, string shape)
    {
        int star = shape.IndexOf('*', StringComparison.Ordinal);
        int length = text.Length - shape.Length + 1;
        return length > 0
            && text.StartsWith(shape[..star], StringComparison.OrdinalIgnoreCase)
            && text.EndsWith(shape[(star + 1)..], StringComparison.OrdinalIgnoreCase)
            && Variant().IsMatch(text.AsSpan(star, length))
                ? text.Substring(star, length)
                : null;
    }

    private static (string Stem, string Extension) Split(string name) => (Path.GetFileNameWithoutExtension(name), Path.GetExtension(name));

    private static bool IsSame(string left, string right) => left.Equals(right, StringComparison.OrdinalIgnoreCase);

    private static FolderCandidate AsFile(string name) => new(name, FolderCandidateKind.File);

    [GeneratedRegex("^[a-z0-9_-]{1,32}$", Options)]
    private static partial Regex Variant();
}
