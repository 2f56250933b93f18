using LowMem.Loader.Memory;

namespace LowMem.Loader.Tests.Memory;

public class ProcessMemoryTests
{
    private const int Size = 64 << 20;

    [Fact]
    public unsafe void Memory_that_was_filled_counts_and_freed_memory_does_not()
    {
        using var sampler = new PeakMemorySampler();
        var memory = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc(Size);
        new Span<byte>(memory, Size).Fill(1);
        var filled = ProcessMemory.GetPrivateBytes();
        Assert.InRange(filled - sampler.Before, Size * 9L / 10, Size * 3L);
        Assert.True(sampler.GetPeak() >= filled - (Size / 10));

        System.Runtime.InteropServices.NativeMemory.Free(memory);
        Assert.True(ProcessMemory.GetPrivateBytes() < filled - (Size / 2));
        Assert.True(sampler.GetPeak() >= filled - (Size / 10), "The peak does not fall again.");
    }

    [Fact]
    public unsafe void The_sampler_sees_a_peak_that_is_over_when_it_is_asked()
    {
        using var sampler = new PeakMemorySampler();
        var memory = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc(Size);
        new Span<byte>(memory, Size).Fill(1);
        Thread.Sleep(500);
        System.Runtime.InteropServices.NativeMemory.Free(memory);
        Assert.True(sampler.GetPeak() - sampler.Before > Size * 9L / 10);
    }
}
