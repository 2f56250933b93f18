using LowMem.Loader.Native;
using Xunit;

namespace LowMem.Loader.Tests.Native;

public class SmokeTests
{
    [Fact]
    public void LoadsAndAdds()
    {
        NativeLibraryLoader.EnsureLoaded();
        Assert.Equal(3f, Add());
    }

    private static float Add() => TorchSharp.torch.tensor(new[] { 1f, 2f }).sum().item<float>();
}
