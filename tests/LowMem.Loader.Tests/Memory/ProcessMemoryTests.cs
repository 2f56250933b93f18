using LowMem.Loader.Memory;

namespace LowMem.Loader.Tests.Memory;

public class ProcessMemoryTests
{
    private const int Size = 64 << 20;

    [Fact]
    public unsafe void MemoryThatWasFilledCountsAndFreedMemoryDoesNot()
    {
        ManagedMemory.GiveBack();
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
    public void AProcessThatEndsBetweenTwoLooksIsThereNoMore()
    {
        // The name of the file that tells is found, and reading it fails, when the process ends in between: now and then in a few hundred.
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no 'true' to start.");
        for (var i = 0; i < 200; i++)
        {
            using var process = System.Diagnostics.Process.Start("true");
            Assert.Throws<ArgumentException>((Action)(() => LookAtForEver(process.Id)));
        }

        static void LookAtForEver(int processId)
        {
            while (true)
            {
                ProcessMemory.GetPrivateBytes(processId);
            }
        }
    }

    [Fact]
    public unsafe void TheSamplerSeesAPeakThatIsOverWhenItIsAsked()
    {
        // Far more than what earlier tests have left for the collector to free meanwhile.
        const int size = 8 * Size;
        using var sampler = new PeakMemorySampler();
        var memory = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc(size);
        new Span<byte>(memory, size).Fill(1);
        Assert.True(SpinWait.SpinUntil(() => sampler.Seen - sampler.Before > size / 2, TimeSpan.FromMinutes(2)), "It never looked.");
        System.Runtime.InteropServices.NativeMemory.Free(memory);
        Assert.True(sampler.GetPeak() - sampler.Before > size / 2);
    }
}
