namespace LowMem.Checkpoints.Sources;

/// <summary>Which file a path leads to, whatever links and names lead there: its device and its number on it.</summary>
/// <param name="Device">The device, or the serial number of the volume.</param>
/// <param name="Number">The inode, or the id of the file.</param>
internal readonly record struct FileIdentity(ulong Device, ulong Number);
