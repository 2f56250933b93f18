using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons;

/// <summary>Makes meta the default device for a while, as <c>with torch.device("meta")</c> does in PyTorch.</summary>
/// <remarks>
/// TorchSharp's default device belongs to the process, not to the thread. Whoever comes while it is meta joins in, and the last
/// one to leave puts the device from before back. No lock is held while the code of a user runs: it may start other threads
/// that make modules, and wait for them.
/// </remarks>
internal static class MetaDefault
{
    private static readonly Lock Gate = new();
    private static int users;
    private static Device? before;

    public static T Run<T>(Func<T> create)
    {
        Enter();
        try
        {
            return create();
        }
        finally
        {
            Leave();
        }
    }

    private static void Enter()
    {
        lock (Gate)
        {
            if (users == 0)
            {
                before = get_default_device();
            }

            // Each time: code of a user may have set another one meanwhile.
            set_default_device(META);
            users++;
        }
    }

    private static void Leave()
    {
        lock (Gate)
        {
            if (--users == 0)
            {
                set_default_device(before!);
                before = null;
            }
        }
    }
}
