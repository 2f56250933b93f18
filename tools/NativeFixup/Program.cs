using LowMem.Loader.Native.Fixup;

// Usage: LowMem.NativeFixup <source> <destination>
// Copies libLibTorchSharp.so and makes the copy loadable where libstdc++ is older than the one it was linked with.
if (args.Length != 2)
{
    Console.Error.WriteLine("usage: LowMem.NativeFixup <source .so> <destination .so>");
    return 2;
}

try
{
    Console.WriteLine(LibraryFixup.Run(args[0], args[1]));
    return 0;
}
catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
{
    Console.Error.WriteLine($"error: {args[0]}: {exception.Message}");
    return 1;
}
