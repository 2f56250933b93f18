using System.IO.Compression;
using System.Reflection;
using System.Text;

namespace LowMem.Differential;

/// <summary>The pickles that mutation begins with: those of the fixtures that are small, and some that show what is seldom.</summary>
internal static class SeedPickles
{
    private const int MaxLength = 3000;

    /// <summary>Each opcode at least once, in the protocols 0 to 5.</summary>
    private static readonly string[] Written =
    [
        "(dp0\nVa\np1\nI1\nsVb\np2\n(lp3\nI2\naF1.5\nasVc\np4\n(I1\nI2\ntp5\nsVd\np6\nL12345678901234567890L\nsS'x\\x41'\np7\nI01\ns.",
        "(lp0\n(dp1\nS'k'\np2\nNsag1\nag1\na.",
        "cos\nsystem\np0\n(S'true'\np1\ntp2\nRp3\n.",
        "(iposix\nsystem\np0\n(dp1\nVa\nI1\nsb.",
        "(S'true'\nios\nsystem\n.",
        "(cos\nsystem\nS'true'\no.",
        "(lp0\nP('storage', 1)\nag0\na.",
        "\x80\u0002}q\0(X\u0001\0\0\0aq\u0001K\u0001X\u0001\0\0\0bq\u0002]q\u0003(K\u0001M\u0001\u0001J\u0001\0\0\0eu.",
        "\x80\u0002cos\nsystem\nq\0X\u0004\0\0\0trueq\u0001\x85q\u0002Rq\u0003.",
        "\x80\u0002ca\nB\nq\0)\x81q\u0001}q\u0002(X\u0001\0\0\0xK\u0001X\u0001\0\0\0yNub.",
        "\x80\u0002ca\nB\n)R(K\u0001K\u0002e(X\u0001\0\0\0aK\u0001u(NK\u0003tb.",
        "\x80\u0002\x8a\u0003abc\x8b\u0002\0\0\0ab\x86G?\u00f8\0\0\0\0\0\0\x88\x89N\x87.",
        "\x80\u0002U\u0002hiT\u0002\0\0\0hi\x86(K\u0001K\u0002K\u0001l\x86.",
        "\x80\u0003C\u0002ab\x94B\u0002\0\0\0ab2h\0\x87.",
        "\x80\u0004\x8c\u0002os\x94\x8c\u0006system\x94\x93\x94\x8c\u0004true\x94\x85\x94R\x94.",
        "\x80\u0004\x8f\x94(K\u0001K\u0002\x88G?\u00f0\0\0\0\0\0\0\x90(K\u0001K\u0001\x8c\u0001a\x91\x94\x86.",
        "\x80\u0004\x8c\u0001a\x8c\u0001B\x93)}\x8c\u0001kK\u0001s\x92}\x8c\u0001xK\u0001sb.",
        "\x80\u0004]\x94(\x8d\u0001\0\0\0\0\0\0\0a\x8e\u0001\0\0\0\0\0\0\0be\x94.",
        "\x80\u0005\x96\u0002\0\0\0\0\0\0\0ab\x98\x94.",
        "\x80\u0005\x97.",
        "\x80\u0002\x82\u0001\x83\u0001\u0001\x84\u0004\u0003\u0002\u0001\x87.",
        "\x80\u0002}(K\u0001NG?\u00f0\0\0\0\0\0\0K\u0002\x88K\u0003K\0N\x89K\u0004I00\nNu.",
        "\x80\u0002](K\u0001(K\u0002l0K\u0003(10K\u0004e.",
        "\x80\u0002((X\u0007\0\0\0storageq\0ctorch\nFloatStorage\nq\u0001X\u0001\0\0\00q\u0002X\u0003\0\0\0cpuq\u0003K\u0006tq\u0004Qq\u0005h\u0005t.",
        "\x80\u0002](r\u0005\0\0\0j\u0005\0\0\0h\u0005K\u0001q\u00052h\u0005e.",
        "((VmarksI1\nI2\nt(I3\nlN.",
        "V\\u0041\\U0001f525\\\\u0041\nS\"it's\\n\\101\"\n\x85.".Replace("\x85", "\u0085", StringComparison.Ordinal),
    ];

    /// <summary>All of them, in parts.</summary>
    public static IReadOnlyList<List<byte[]>> Load() =>
        [.. Written.Select(text => Encoding.Latin1.GetBytes(text)).Concat(OfFixtures()).Select(pickle => OpcodeTable.Split(pickle))];

    private static IEnumerable<byte[]> OfFixtures()
    {
        string folder = typeof(SeedPickles).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == "FixtureDirectory").Value!;
        foreach (string path in Directory.GetFiles(folder, "*.pt").Order(StringComparer.Ordinal))
        {
            ZipArchive archive;
            try
            {
                archive = ZipFile.OpenRead(path);
            }
            catch (InvalidDataException)
            {
                continue;
            }

            using (archive)
            {
                if (archive.Entries.FirstOrDefault(entry => entry.FullName.EndsWith("/data.pkl", StringComparison.Ordinal)) is { Length: <= MaxLength } entry)
                {
                    using var bytes = new MemoryStream();
                    using var content = entry.Open();
                    content.CopyTo(bytes);
                    yield return bytes.ToArray();
                }
            }
        }

        foreach (string path in Directory.GetFiles(folder, "legacy-*.pth").Order(StringComparer.Ordinal))
        {
            yield return File.ReadAllBytes(path).Take(MaxLength).Skip(60).ToArray();
        }
    }
}
