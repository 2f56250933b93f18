using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Legacy;

/// <summary>What the old formats say about the machine and the modules they were written with.</summary>
internal static class LegacyMetadata
{
    /// <param name="systemInfo">The dict <c>sys_info</c>.</param>
    /// <param name="sources">The source text of modules.</param>
    public static OrderedDictionary<string, string> Of(PickleNode systemInfo, ModuleSources sources)
    {
        var metadata = new OrderedDictionary<string, string>();

        // It is the machine's; elements are written with their least significant byte first on every machine
        // (torch/csrc/serialization.cpp), so that it has no bearing on how they are read.
        if ((systemInfo as PickleMapping)?.Find("little_endian") is PickleScalar { Value: bool littleEndian })
        {
            metadata["machine_byteorder"] = littleEndian ? "little" : "big";
        }

        sources.CopyTo(metadata);
        return metadata;
    }
}
