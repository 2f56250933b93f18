namespace LowMem.Fuzz;

/// <summary>One format: which fixtures it starts from, what is done with them, and which words mean something in it.</summary>
/// <param name="Name">What it is called on the command line.</param>
/// <param name="Patterns">The fixtures, as file name patterns; or directories, of which one file is changed at a time.</param>
/// <param name="Words">Byte strings that are put in.</param>
internal sealed record FuzzTarget(string Name, string[] Patterns, IReadOnlyList<byte[]> Words)
{
    /// <summary>The folder of the fixtures, below that of all.</summary>
    public string Folder { get; init; } = string.Empty;

    /// <summary>What is put around the bytes that are changed.</summary>
    public Envelope Envelope { get; init; } = Envelope.None;

    /// <summary>What is done with the file or directory.</summary>
    public Action<string> Inspect { get; init; } = Execution.Inspect;

    private static readonly byte[][] PickleWords =
    [
        [0x80, 2], [0x80, 4], "."u8.ToArray(), "R"u8.ToArray(), "b"u8.ToArray(), "("u8.ToArray(), "t"u8.ToArray(),
        "u"u8.ToArray(), "s"u8.ToArray(), "e"u8.ToArray(), "Q"u8.ToArray(), "}"u8.ToArray(), "]"u8.ToArray(),
        ")"u8.ToArray(), "2"u8.ToArray(), "0"u8.ToArray(), "o"u8.ToArray(), [0x81], [0x85], [0x86], [0x87], [0x92], [0x93],
        [0x94], [0x95], [0x8a, 0xff], [0x8b, 0xff, 0xff, 0xff, 0x7f], [0x8d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
        "h\0"u8.ToArray(), "q\0"u8.ToArray(), "cos\nsystem\n"u8.ToArray(), "ctorch._utils\n_rebuild_tensor_v2\n"u8.ToArray(),
        "ctorch._utils\n_rebuild_tensor_v3\n"u8.ToArray(), "ctorch._utils\n_rebuild_qtensor\n"u8.ToArray(),
        "ctorch._utils\n_rebuild_sparse_tensor\n"u8.ToArray(), "ctorch._utils\n_rebuild_parameter\n"u8.ToArray(),
        "ctorch._utils\n_rebuild_wrapper_subclass\n"u8.ToArray(), "ctorch._tensor\n_rebuild_from_type_v2\n"u8.ToArray(),
        "ctorch._utils\n_rebuild_device_tensor_from_numpy\n"u8.ToArray(), "cnumpy\ndtype\n"u8.ToArray(),
        "cnumpy.core.multiarray\nscalar\n"u8.ToArray(), "cnumpy.core.multiarray\n_reconstruct\n"u8.ToArray(),
        "ccollections\nOrderedDict\n"u8.ToArray(), "cdatetime\ndatetime\n"u8.ToArray(), "cuuid\nUUID\n"u8.ToArray(),
        "cdecimal\nDecimal\n"u8.ToArray(), "c_codecs\nencode\n"u8.ToArray(), "cpathlib\nPosixPath\n"u8.ToArray(),
        "ctorch\nFloatStorage\n"u8.ToArray(), "ctorch\nUntypedStorage\n"u8.ToArray(), "ctorch\nQUInt4x2Storage\n"u8.ToArray(),
    ];

    private static readonly byte[][] ZipWords =
        ["PK\x01\x02"u8.ToArray(), "PK\x03\x04"u8.ToArray(), "PK\x05\x06"u8.ToArray(), "PK\x06\x06"u8.ToArray(), "PK\x06\x07"u8.ToArray(), "data.pkl"u8.ToArray()];

    private static readonly byte[][] JsonWords =
    [
        "{"u8.ToArray(), "}"u8.ToArray(), "["u8.ToArray(), "]"u8.ToArray(), ","u8.ToArray(), ":"u8.ToArray(), "\""u8.ToArray(),
        "\\ud800"u8.ToArray(), "null"u8.ToArray(), "-1"u8.ToArray(), "1e999"u8.ToArray(), "9223372036854775807"u8.ToArray(),
        "18446744073709551616"u8.ToArray(), "\"F4\""u8.ToArray(), "\"F64\""u8.ToArray(), "\"BOOL\""u8.ToArray(), "\"shape\":[0]"u8.ToArray(),
        "\"__metadata__\""u8.ToArray(), "\"data_offsets\":[0,0]"u8.ToArray(), "\"dtype\""u8.ToArray(), "../"u8.ToArray(), "\\u0000"u8.ToArray(),
    ];

    private static readonly byte[][] ExportWords =
    [
        "weight_0"u8.ToArray(), "custom_obj_0"u8.ToArray(), "\"use_pickle\": true"u8.ToArray(), "{\"as_int\": 9}"u8.ToArray(),
        "\"dtype\": 7"u8.ToArray(), "\"config\""u8.ToArray(), "_weights_config.json"u8.ToArray(), ".pt"u8.ToArray(),
    ];

    private static readonly byte[][] DefinitionWords =
    [
        "("u8.ToArray(), ")"u8.ToArray(), "): "u8.ToArray(), "="u8.ToArray(), ","u8.ToArray(), "\n"u8.ToArray(), "'"u8.ToArray(), "[1]"u8.ToArray(),
        "(0-11): 12 x "u8.ToArray(), "(0-999999999): 1000000000 x "u8.ToArray(), "Linear(in_features=2, out_features=1, bias=True)"u8.ToArray(),
        "Parameter containing: [torch.FloatTensor of size 3x4]"u8.ToArray(), "None"u8.ToArray(), "1e400"u8.ToArray(), "ModuleList("u8.ToArray(),
    ];

    private static readonly byte[][] SignatureWords =
    [
        .. JsonWords, "publicKey"u8.ToArray(), "x509CertificateChain"u8.ToArray(), "certificate"u8.ToArray(), "tlogEntries"u8.ToArray(),
        "shards"u8.ToArray(), "files"u8.ToArray(), "shard_size"u8.ToArray(), ":0:8"u8.ToArray(), "."u8.ToArray(), "ignore_paths"u8.ToArray(),
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("pytorch-zip", ["*.pt"], [.. ZipWords, .. PickleWords]),
        new("pickle", ["*.pt"], PickleWords) { Envelope = Envelope.Archive },
        new("bare-pickle", ["*.pt"], PickleWords) { Envelope = Envelope.BarePickle },
        new("packed", ["*.pt"], PickleWords) { Envelope = Envelope.BarePickle, Inspect = PickleComparison.Inspect },
        new("torchscript", ["torchscript*.pt", "cpp-*.pt"], [.. ZipWords, .. PickleWords]),
        new("constants", ["*.pt"], PickleWords) { Envelope = Envelope.Constants },
        new("legacy", ["legacy-*.pth"], PickleWords),
        new("tar", ["tar-*.pth"], [.. PickleWords, "ustar"u8.ToArray(), "storages"u8.ToArray(), "tensors"u8.ToArray()]) { Envelope = Envelope.TarChecksums },
        new("safetensors", ["*.safetensors"], JsonWords),
        new("safetensors-header", ["*.safetensors"], JsonWords) { Envelope = Envelope.SafetensorsHeader },
        new("torchsharp", ["*.dat"], []),
        new("sharded", ["sharded-*"], [.. JsonWords, .. PickleWords]),
        new("distributed", ["dcp*"], [.. PickleWords, .. ZipWords]),
        new("plain-pickle", ["plain-pickle*.pkl"], [.. PickleWords, "ctorch.storage\n_load_from_bytes\n"u8.ToArray()]),
        new("exported", ["exported*.pt2"], [.. ZipWords, .. JsonWords, .. ExportWords]),
        new("unpacked", ["unpacked*"], PickleWords),
        new("changing", ["*.pt", "*.safetensors", "legacy-*.pth", "tar-*.pth"], []) { Inspect = Execution.InspectChanging },
        new("converted", ["*.pt"], PickleWords) { Envelope = Envelope.Archive, Inspect = ConversionInspection.Inspect },
        new("converted-safetensors", ["*.safetensors"], JsonWords) { Envelope = Envelope.SafetensorsHeader, Inspect = ConversionInspection.Inspect },
        new("manifest", ["*.safetensors", "*.pt"], JsonWords) { Envelope = Envelope.Manifest, Inspect = Execution.ReadManifest },
        new("signature", ["v*"], SignatureWords) { Folder = "signing/samples", Inspect = SignatureInspection.Verify },
        new("statement", ["*"], SignatureWords) { Folder = "signing/payloads", Inspect = SignatureInspection.ReadStatement },
        new("definition", ["*.txt"], DefinitionWords) { Folder = "definitions", Inspect = Execution.ParseDefinition },
    ];
}
