using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Import.Binding;

/// <summary>Turns the name of a device into the device, if there is one.</summary>
internal static class ImportDevice
{
    /// <summary>Finds a device by PyTorch's name for it.</summary>
    /// <exception cref="ModelException">The name is no device's, or this machine has no such device.</exception>
    public static Device Parse(string name)
    {
        Device device;
        try
        {
            device = torch.device(name.ToLowerInvariant());
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            throw Unavailable(name, "is not the name of a device. Use cpu, cuda, cuda:1, or mps", error);
        }
        catch (InvalidOperationException error)
        {
            throw Unavailable(name, "is not there: the libtorch of this module has no such back end, or the machine no such hardware", error);
        }

        return device.type switch
        {
            DeviceType.CPU => CPU,
            DeviceType.CUDA when device.index < cuda.device_count() => device,
            DeviceType.CUDA => throw Unavailable(name, $"is not there: there are {cuda.device_count()} CUDA devices"),
            DeviceType.MPS when mps_is_available() => device,
            DeviceType.META => throw Unavailable(name, "holds no values; to free a module's storage, move it to meta instead"),
            _ => throw Unavailable(name, "is not available to this libtorch. Use cpu"),
        };
    }

    private static ModelException Unavailable(string name, string reason, Exception? error = null) =>
        new(ModelErrorIds.DeviceUnavailable, $"The device '{name}' {reason}.", error);
}
