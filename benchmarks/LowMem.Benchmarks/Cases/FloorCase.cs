
namespace LowMem.Benchmarks.Cases;

/// <summary>
/// What no resident load can be faster than: all cores read the file into memory that was just allocated, and nothing else.
/// </summary>
internal static unsafe class FloorCase
{
    /// <summary>The name of the case.</summary>
    public const string Name = "floor";

    private const int BlockLength = 16 << 20;

    /// <summary>Runs the case.</summary>
    public static void Run(string path)
    {
        Step.Say(Step.Ready);
        Step.Run(Step.Loaded, () => Read(path));
    }

    private static double Read(string path)
    {
        using var file = File.OpenHandle(path);
        var length = RandomAccess.GetLength(file);

        // Never given back: the memory is looked at after the step, and then the process ends.
        var memory = new FreshMemory(length);
        var address = memory.Address;
        long next = 0;
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(ReadBlocks)).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return length;

        void ReadBlocks()
        {
            for (var start = Next(); start < length; start = Next())
            {
                var end = Math.Min(length, start + BlockLength);
                while (start < end)
                {
                    start += RandomAccess.Read(file, new Span<byte>((byte*)address + start, (int)(end - start)), start);
                }
            }
        }

        long Next() => Interlocked.Add(ref next, BlockLength) - BlockLength;
    }
}
