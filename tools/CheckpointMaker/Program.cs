using System.Globalization;
using LowMem.CheckpointMaker;

if (args.Length != 2 || !int.TryParse(args[1], NumberStyles.None, CultureInfo.InvariantCulture, out var mebibytes) || mebibytes < 1)
{
    Console.Error.WriteLine("Usage: LowMem.CheckpointMaker <file.pt> <MiB>");
    return 64;
}

WideBoringModel.Write(Path.GetFullPath(args[0]), WideBoringModel.GetStageCount(mebibytes));
return 0;
