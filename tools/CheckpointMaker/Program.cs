using System.Globalization;
using LowMem.CheckpointMaker;

var sparse = args.Contains("--sparse");
var rest = args.Where(argument => argument != "--sparse").ToArray();
if (rest.Length != 2 || !int.TryParse(rest[1], NumberStyles.None, CultureInfo.InvariantCulture, out var mebibytes) || mebibytes < 1)
{
    Console.Error.WriteLine("Usage: LowMem.CheckpointMaker [--sparse] <file.pt> <MiB>");
    Console.Error.WriteLine("  --sparse   leaves nearly all values out: they are zeros that take no room on the disk");
    return 64;
}

WideBoringModel.ForSize(mebibytes).Write(Path.GetFullPath(rest[0]), sparse);
return 0;
