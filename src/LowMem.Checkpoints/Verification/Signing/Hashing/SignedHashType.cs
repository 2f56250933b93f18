namespace LowMem.Checkpoints.Verification.Signing.Hashing;

/// <summary>One of the hashes that OpenSSF Model Signing names for the content of files.</summary>
internal sealed record SignedHashType
{
    /// <summary>SHA-256, which every signer can.</summary>
    public static readonly SignedHashType Sha256 = new("sha256", "SHA-256", 32, static () => new Sha256FileHash());

    /// <summary>BLAKE2b, with the longest digest that it has.</summary>
    public static readonly SignedHashType Blake2b = new("blake2b", "BLAKE2b", 64, static () => new Blake2bFileHash());

    /// <summary>BLAKE3.</summary>
    public static readonly SignedHashType Blake3 = new("blake3", "BLAKE3", 32, static () => new Blake3FileHash());

    private readonly Func<IFileHash> create;

    private SignedHashType(string name, string title, int digestLength, Func<IFileHash> create)
    {
        Name = name;
        Title = title;
        DigestLength = digestLength;
        this.create = create;
    }

    /// <summary>What a signed statement calls it.</summary>
    public string Name { get; }

    /// <summary>What people call it.</summary>
    public string Title { get; }

    /// <summary>The length of its digests, in bytes.</summary>
    public int DigestLength { get; }

    /// <summary>The hash of a name, exactly as it is written; null when it is another.</summary>
    public static SignedHashType? Find(string name) =>
        Array.Find([Sha256, Blake2b, Blake3], type => type.Name == name);

    /// <summary>A new hash of this type, for one thread.</summary>
    public IFileHash Create() => create();
}
