using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Fixtures;

/// <summary>
/// Every fixture, cut off at every byte and with single bits turned over: it lists, or a
/// <see cref="CheckpointException"/> says why not. Nothing else comes out, and no tensor that is listed as readable
/// gives anything but its bytes or that exception.
/// </summary>
public sealed class MutationTests : IDisposable
{
    private const int Seed = 20260731;

    /// <summary>Smaller files are cut at every byte; in larger ones the cuts are as many, at a regular distance. The fuzzer goes further.</summary>
    private const int MaxCuts = 160;

    private const int Flips = 48;
    private const int MaxRead = 4096;

    /// <summary>What is in these is no checkpoint, and read by other readers: Verification/Signing and the fuzzer's targets change it.</summary>
    private static readonly string[] NoCheckpoints = ["definitions", "generator", "sarif", "signing"];

    private readonly string directory = Directory.CreateTempSubdirectory("lowmem-").FullName;

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(FixtureFiles.Directory, "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(FixtureFiles.Directory, path))
        .Where(name => !NoCheckpoints.Contains(name.Split('/', '\\')[0]))
        .Where(name => !name.EndsWith(".expected.json", StringComparison.Ordinal) && Path.GetExtension(name) is not (".py" or ".md" or ".pyc"))
        .Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Theory]
    [MemberData(nameof(Files))]
    public void OnlyACheckpointExceptionComesOutOfAFileThatIsCutOff(string name)
    {
        var (target, file, content) = Copy(name);
        int step = Math.Max(1, content.Length / MaxCuts);
        for (int length = content.Length - 1; length >= 0; length -= step)
        {
            File.WriteAllBytes(file, content.AsSpan(0, length));
            Inspect(target, $"cut to {length} bytes");
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void OnlyACheckpointExceptionComesOutOfAFileWithABitTurnedOver(string name)
    {
        var (target, file, content) = Copy(name);
        if (content.Length == 0)
        {
            return;
        }

        var random = new Random(Seed);
        for (int i = 0; i < Flips; i++)
        {
            int place = random.Next(content.Length);
            byte bit = (byte)(1 << random.Next(8));
            content[place] ^= bit;
            File.WriteAllBytes(file, content);
            Inspect(target, $"bit 0x{bit:x2} of byte {place} turned over");
            content[place] ^= bit;
        }
    }

    /// <summary>Copies a fixture, with what lies beside it when it is one file of a directory.</summary>
    private (string Target, string File, byte[] Content) Copy(string name)
    {
        string source = Path.Combine(FixtureFiles.Directory, name);
        string file = Path.Combine(directory, Path.GetFileName(name));
        string from = Path.GetDirectoryName(source)!;
        byte[] content = File.ReadAllBytes(source);
        if (from == FixtureFiles.Directory)
        {
            return (file, file, content);
        }

        foreach (string beside in Directory.EnumerateFiles(from))
        {
            File.Copy(beside, Path.Combine(directory, Path.GetFileName(beside)));
        }

        return (directory, file, content);
    }

    private static void Inspect(string path, string change)
    {
        var token = TestContext.Current.CancellationToken;
        try
        {
            var checkpoint = Checkpoint.Open(path, token);
            _ = checkpoint.GetSummary();
            using var reader = new TensorDataReader();
            foreach (var tensor in checkpoint.Tensors.SelectMany(tensor => tensor.Components.Values.Prepend(tensor)))
            {
                Read(reader, tensor, token);
            }

            _ = CheckpointVerifier.Verify(path, cancellationToken: token);
        }
        catch (CheckpointException)
        {
            // This is what a broken file is to give.
        }
        catch (Exception exception)
        {
            Assert.Fail($"{change}: {exception}");
        }
    }

    private static void Read(TensorDataReader reader, TensorInfo tensor, CancellationToken token)
    {
        if (tensor.UnreadableReason is not null)
        {
            return;
        }

        int size = Math.Max(1, DType.Get(tensor.DType).ByteSize);
        var bytes = new byte[(int)Math.Min(tensor.ByteLength, MaxRead) / size * size];
        try
        {
            reader.Read(tensor, tensor.ByteLength - bytes.Length, bytes, token);
        }
        catch (CheckpointException)
        {
            // One tensor that cannot be read is no reason not to try the next.
        }
    }
}
