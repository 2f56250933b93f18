using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Verification.Signing;
using LowMem.Checkpoints.Verification.Signing.Hashing;

namespace LowMem.Checkpoints.Tests.Verification.Signing;

/// <summary>The three hashes of files that the specification names, whole and in ranges; and no mixing of them.</summary>
public sealed class HashTypeTests : IDisposable
{
    private const string Blake2bOfNothing =
        "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce";

    private readonly CheckpointDirectory directory = new();

    public void Dispose() => directory.Dispose();

    /// <summary>Digests of CPython's hashlib, and of BLAKE3's test vectors: of bytes that count up to 250, again and again.</summary>
    [Theory]
    [InlineData("blake2b", 0, Blake2bOfNothing)]
    [InlineData("blake2b", 1024, "8d1090909017add40e749df2d0ebac43273d6fc816bc4ffaf2a6dfabe4206dea13677d2002399e4a38e700d8083db4af8341ee9b3a5147110b6a963a3894e4e2")]
    [InlineData("blake3", 0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")]
    [InlineData("blake3", 1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213")]
    [InlineData("blake3", 1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7")]
    [InlineData("blake3", 1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444")]
    [InlineData("blake3", 2049, "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030")]
    [InlineData("sha256", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    public void HashesAsOthersDoAndMoreThanOnce(string name, int length, string expected)
    {
        byte[] content = Count(length);
        using var hash = SignedHashType.Find(name)!.Create();
        for (int round = 0; round < 2; round++)
        {
            for (int start = 0; start < length; start += 1000)
            {
                byte[] block = content[start..Math.Min(start + 1000, length)];
                hash.Append(block);
            }

            Assert.Equal(expected, Convert.ToHexStringLower(hash.GetDigestAndReset()));
        }
    }

    [Theory]
    [InlineData("sha256", null)]
    [InlineData("blake2b", null)]
    [InlineData("blake3", null)]
    [InlineData("blake2b", 1024)]
    [InlineData("blake3", 1024)]
    public void VerifiesFilesHashedBy(string type, int? shardSize)
    {
        byte[] content = Count(3000);
        directory.Write("model/weights", content);
        var statement = Parse(Write(type, shardSize, content));
        Assert.Empty(Compare(statement));

        content[2500] ^= 1;
        directory.Write("model/weights", content);
        var finding = Assert.Single(Compare(statement));
        Assert.Equal((FindingCodes.SignatureFileChanged, shardSize is null ? null : (long?)2048), (finding.Code, finding.Offset));
        Assert.Contains($"its {SignedHashType.Find(type)!.Title} ", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadsTheNameThatTheReferenceToolGivesToTheHashOfRanges()
    {
        byte[] content = Count(3000);
        directory.Write("model/weights", content);
        Assert.Empty(Compare(Parse(Write("blake2b", 1024, content, "blake2b-sharded-1024"))));
    }

    [Theory]
    [InlineData("blake2b", null, "sha256", "is said to be hashed by 'sha256', and the files by blake2b")]
    [InlineData("sha256", null, "blake3", "is said to be hashed by 'blake3', and the files by sha256")]
    [InlineData("blake3", null, "BLAKE3", "is said to be hashed by 'BLAKE3'")]
    [InlineData("blake2b", null, "blake2b-sharded-1024", "is said to be hashed by 'blake2b-sharded-1024'")]
    [InlineData("blake2b", 1024, "blake2b-sharded-2048", "is said to be hashed by 'blake2b-sharded-2048'")]
    [InlineData("blake3", 1024, "sha256-sharded-1024", "is said to be hashed by 'sha256-sharded-1024'")]
    public void OneFileThatIsSaidToBeHashedInAnotherWayIsRefused(string type, int? shardSize, string algorithm, string message)
    {
        var fault = Assert.Throws<SignatureFault>(() => Parse(Write(type, shardSize, Count(3000), algorithm)));
        Assert.Equal(FindingCodes.SignatureInvalid, fault.Code);
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sha256", "blake2b", "64 hexadecimal digits of a SHA-256")]
    [InlineData("blake2b", "sha256", "128 hexadecimal digits of a BLAKE2b")]
    public void ADigestOfTheLengthOfAnotherHashIsRefused(string type, string digestOf, string message)
    {
        var statement = Write(digestOf, null, Count(10), type);
        statement["predicate"]!["serialization"]!["hash_type"] = type;
        var fault = Assert.Throws<SignatureFault>(() => Parse(statement));
        Assert.Equal(FindingCodes.SignatureInvalid, fault.Code);
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
    }

    /// <summary>Two hashes of one length: the digest of the one is not taken for the other's.</summary>
    [Fact]
    public void ADigestByAnotherHashOfTheSameLengthDoesNotMatch()
    {
        byte[] content = Count(10);
        directory.Write("model/weights", content);
        var statement = Write("sha256", null, content, "blake3");
        statement["predicate"]!["serialization"]!["hash_type"] = "blake3";
        Assert.Equal(FindingCodes.SignatureFileChanged, Assert.Single(Compare(Parse(statement))).Code);
    }

    [Theory]
    [InlineData("md5")]
    [InlineData("SHA256")]
    [InlineData("blake2")]
    [InlineData("blake2s")]
    [InlineData("sha256-sharded-1024")]
    public void OtherHashesAreNotVerified(string type)
    {
        var statement = Write("sha256", null, Count(10));
        statement["predicate"]!["serialization"]!["hash_type"] = type;
        var fault = Assert.Throws<SignatureFault>(() => Parse(statement));
        Assert.Equal(
            (FindingCodes.SignatureUnsupported, $"the files were hashed by '{type}', and not by sha256, blake2b or blake3"), (fault.Code, fault.Message));
    }

    [Fact]
    public void TheDigestOfTheWholeIsASha256WhateverTheFilesHave()
    {
        var statement = Write("blake3", null, Count(10));
        string digest = (string)statement["predicate"]!["resources"]![0]!["digest"]!;
        statement["subject"]![0]!["digest"] = new JsonObject { ["blake3"] = digest };
        var fault = Assert.Throws<SignatureFault>(() => Parse(statement));
        Assert.Contains("'sha256' is missing", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MoreThanOneSubjectIsRefused()
    {
        var statement = Write("sha256", null, Count(10));
        statement["subject"]!.AsArray().Add(statement["subject"]![0]!.DeepClone());
        var fault = Assert.Throws<SignatureFault>(() => Parse(statement));
        Assert.Contains("it has 2 subjects where there is to be one", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>Two spellings of one name in Unicode are two files to most systems, and two names here.</summary>
    [Fact]
    public void NamesAreComparedAsTheyAreWritten()
    {
        byte[] content = Count(10);
        directory.Write("model/poids-\u00e9", content);
        var findings = Compare(Parse(Write("blake3", null, content, name: "poids-e\u0301")));
        Assert.Equal(
            [FindingCodes.SignatureFileMissing, FindingCodes.SignatureFileUnsigned], findings.Select(finding => finding.Code).Order(StringComparer.Ordinal));
        Assert.Empty(Compare(Parse(Write("blake3", null, content, name: "poids-\u00e9"))));
    }

    private static byte[] Count(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i % 251))];

    private IReadOnlyList<CheckpointFinding> Compare(SignedStatement statement)
    {
        string model = Path.Combine(directory.Path, "model");
        return new SignedFiles(model, Path.Combine(directory.Path, "model.sig"), statement, [])
            .Compare([], [], progress: null, TestContext.Current.CancellationToken);
    }

    private static SignedStatement Parse(JsonNode statement) => SignedStatement.Parse(Encoding.UTF8.GetBytes(statement.ToJsonString()));

    private static JsonObject Write(string type, int? shardSize, byte[] content, string? algorithm = null, string name = "weights")
    {
        var resources = new JsonArray();
        var all = new List<byte>();
        using var hash = SignedHashType.Find(type)!.Create();
        for (int start = 0; start < content.Length; start += shardSize ?? content.Length)
        {
            byte[] part = content[start..Math.Min(content.Length, start + (shardSize ?? content.Length))];
            hash.Append(part);
            byte[] digest = hash.GetDigestAndReset();
            all.AddRange(digest);
            resources.Add(new JsonObject
            {
                ["name"] = shardSize is null ? name : $"{name}:{start}:{start + part.Length}",
                ["algorithm"] = algorithm ?? type,
                ["digest"] = Convert.ToHexStringLower(digest),
            });
        }

        var serialization = new JsonObject { ["method"] = shardSize is null ? "files" : "shards", ["hash_type"] = type, ["allow_symlinks"] = false };
        if (shardSize is not null)
        {
            serialization["shard_size"] = shardSize;
        }

        return new JsonObject
        {
            ["_type"] = SignedStatement.StatementType,
            ["predicateType"] = SignedStatement.PredicateType,
            ["subject"] = new JsonArray(new JsonObject
            {
                ["name"] = "model",
                ["digest"] = new JsonObject { ["sha256"] = Convert.ToHexStringLower(SHA256.HashData([.. all])) },
            }),
            ["predicate"] = new JsonObject { ["serialization"] = serialization, ["resources"] = resources },
        };
    }
}
