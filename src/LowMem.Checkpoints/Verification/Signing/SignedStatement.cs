using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Verification.Signing.Hashing;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>What a signature says of a model: its files with their digests. Read after the signature has been verified.</summary>
internal sealed record SignedStatement
{
    public const string StatementType = "https://in-toto.io/Statement/v1";
    public const string PredicateType = "https://model_signing/signature/v1.0";
    public const string PredicateTypeOfVersion02 = "https://model_signing/Digests/v0.1";

    /// <summary>The name of a model that is one file, in the reference implementation.</summary>
    public const string WholeModel = ".";

    private const int MaxResources = 4_000_000;

    public required IReadOnlyList<SignedResource> Resources { get; init; }

    /// <summary>What the files were hashed by, all of them.</summary>
    public SignedHashType HashType { get; init; } = SignedHashType.Sha256;

    /// <summary>The length of the ranges that files are cut into; null when they are whole.</summary>
    public long? ShardSize { get; init; }

    /// <summary>Whether links were followed.</summary>
    public bool AllowsLinks { get; init; }

    /// <summary>What was left out, relative to the model, with slashes.</summary>
    public IReadOnlyList<string> IgnoredPaths { get; init; } = [];

    /// <summary>Whether it is of the layout that version 0.2 wrote.</summary>
    public bool IsVersion02 { get; init; }

    /// <exception cref="SignatureFault">It is no statement about a model, or uses what is not read here.</exception>
    public static SignedStatement Parse(ReadOnlyMemory<byte> json)
    {
        using var document = SignatureJson.Parse(json, "the signed statement");
        var root = document.RootElement;
        if (root.GetText("_type") != StatementType)
        {
            throw SignatureFault.Invalid($"what was signed is no statement of the type {StatementType}");
        }

        return root.GetText("predicateType") switch
        {
            PredicateType => ParsePredicate(root),
            PredicateTypeOfVersion02 => ParseSubjects(root),
            var other => throw SignatureFault.Invalid($"what was signed is '{DisplayText.Name(other)}', and not {PredicateType}"),
        };
    }

    private static SignedStatement ParsePredicate(JsonElement root)
    {
        var predicate = root.Get("predicate", JsonValueKind.Object);
        var serialization = predicate.Get("serialization", JsonValueKind.Object);
        string method = serialization.GetText("method");
        string hashName = serialization.GetText("hash_type");
        var hashType = SignedHashType.Find(hashName) ?? throw SignatureFault.Unsupported(
            $"the files were hashed by '{DisplayText.Name(hashName)}', and not by sha256, blake2b or blake3");

        long? shardSize = method switch
        {
            "files" => null,
            "shards" when serialization.GetNumber("shard_size") is > 0 and var size => size,
            "shards" => throw SignatureFault.Invalid("'shard_size' is not positive"),
            _ => throw SignatureFault.Unsupported($"the files were put together by the method '{DisplayText.Name(method)}', which is not known"),
        };
        SignedResource[] resources =
        [
            .. predicate.GetItems("resources", MaxResources).Select(item => ParseResource(item, hashType, shardSize)),
        ];
        CheckNames(resources);
        CheckRoot(root, resources);
        return new SignedStatement
        {
            Resources = resources,
            HashType = hashType,
            ShardSize = shardSize,
            AllowsLinks = serialization.Find("allow_symlinks") is { ValueKind: JsonValueKind.True },
            IgnoredPaths = serialization.Find("ignore_paths") is null
                ? []
                : [.. serialization.GetItems("ignore_paths", MaxResources).Select(ParseIgnoredPath)],
        };
    }

    /// <summary>Version 0.2: the files are the subjects.</summary>
    private static SignedStatement ParseSubjects(JsonElement root)
    {
        SignedResource[] resources =
        [
            .. root.GetItems("subject", MaxResources).Select(item => new SignedResource(
                CheckPath(item.GetText("name")), 0, null, ParseDigest(item.Get("digest", JsonValueKind.Object), "sha256", SignedHashType.Sha256))),
        ];
        CheckNames(resources);
        return new SignedStatement { Resources = resources, IsVersion02 = true };
    }

    private static SignedResource ParseResource(JsonElement item, SignedHashType type, long? shardSize)
    {
        string name = item.GetText("name");
        string algorithm = item.GetText("algorithm");
        // The reference implementation puts the length of the ranges into the name of their hash.
        if (algorithm != type.Name
            && (shardSize is null || algorithm != string.Create(CultureInfo.InvariantCulture, $"{type.Name}-sharded-{shardSize}")))
        {
            throw SignatureFault.Invalid(
                $"'{DisplayText.Name(name)}' is said to be hashed by '{DisplayText.Name(algorithm)}', and the files by {type.Name}");
        }

        byte[] digest = ParseDigest(item, "digest", type);
        if (shardSize is null)
        {
            return new SignedResource(CheckPath(name), 0, null, digest);
        }

        // A name may have colons of its own: the range is what follows the last two.
        int end = name.LastIndexOf(':');
        int start = end > 0 ? name.LastIndexOf(':', end - 1) : -1;
        return start > 0 && TryParseOffset(name[(start + 1)..end], out long from) && TryParseOffset(name[(end + 1)..], out long to) && from < to
            ? new SignedResource(CheckPath(name[..start]), from, to, digest)
            : throw SignatureFault.Invalid($"'{DisplayText.Name(name)}' is no range of a file");
    }

    private static bool TryParseOffset(string text, out long offset) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out offset);

    private static byte[] ParseDigest(JsonElement item, string name, SignedHashType type)
    {
        string text = item.GetText(name);
        return text.Length == 2 * type.DigestLength && text.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(text)
            : throw SignatureFault.Invalid($"a digest is not the {2 * type.DigestLength} hexadecimal digits of a {type.Title}");
    }

    private static string ParseIgnoredPath(JsonElement item) => item.ValueKind == JsonValueKind.String
        ? SignatureJson.Text(item, "ignore_paths")
        : throw SignatureFault.Invalid("an item of 'ignore_paths' is no text");

    /// <summary>
    /// Paths have one spelling each, so that comparing texts compares files. Windows would see directories and drives in more
    /// characters.
    /// </summary>
    private static string CheckPath(string path) =>
        path == WholeModel || (!path.Contains('\0', StringComparison.Ordinal)
            && !path.Split('/').Any(part => part is "" or "." or "..")
            && (Path.DirectorySeparatorChar == '/' || path.AsSpan().IndexOfAny('\\', ':') < 0))
            ? path
            : throw SignatureFault.Invalid($"'{DisplayText.Name(path)}' is no path inside the model");

    private static void CheckNames(SignedResource[] resources)
    {
        var known = new HashSet<(string, long)>();
        foreach (var resource in resources)
        {
            if (!known.Add((resource.Path, resource.Start)))
            {
                throw SignatureFault.Invalid($"it names '{DisplayText.Name(resource.Path)}' twice");
            }
        }
    }

    /// <summary>The digest of the whole model is that of the digests, in their order: a SHA-256, whatever those are.</summary>
    private static void CheckRoot(JsonElement root, SignedResource[] resources)
    {
        var subjects = root.GetItems("subject", MaxResources);
        if (subjects is not [var subject])
        {
            throw SignatureFault.Invalid($"it has {subjects.Count} subjects where there is to be one");
        }

        if (!ParseDigest(subject.Get("digest", JsonValueKind.Object), "sha256", SignedHashType.Sha256).AsSpan().SequenceEqual(ComputeRoot(resources)))
        {
            throw SignatureFault.Invalid("the digest of the whole model is not that of its parts");
        }
    }

    /// <summary>The SHA-256 of all digests in their order.</summary>
    public static byte[] ComputeRoot(IEnumerable<SignedResource> resources)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var resource in resources)
        {
            hash.AppendData(resource.Digest);
        }

        return hash.GetHashAndReset();
    }
}
