using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons;

/// <summary>Makes meta the default device for a while, as <c>with torch.device("meta")</c> does in PyTorch.</summary>
internal static class MetaDefault
{
    // TorchSharp's default device belongs to the process, not to the thread: one at a time.
    private static readonly Lock Gate = new();

    public static T Run<T>(Func<T> create)
    {
        lock (Gate)
        {
            var before = get_default_device();
            set_default_device(META);
            try
            {
                return create();
            }
            finally
            {
                set_default_device(before);
            }
        }
    }
}
