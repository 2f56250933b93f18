using LowMem.HelpGenerator;

const int Success = 0;
const int Stale = 1;
const int Failure = 2;

var check = args.Contains("--check");
var directories = args.Where(argument => argument != "--check").ToArray();
if (directories is not [var pages, var output] || directories.Any(directory => directory.StartsWith('-')))
{
    Console.Error.WriteLine("usage: LowMem.HelpGenerator [--check] <directory of pages> <directory of help files>");
    return Failure;
}

try
{
    var files = HelpFiles.Make(pages);
    if (!check)
    {
        HelpFiles.Write(files, output);
        return Success;
    }

    var stale = HelpFiles.FindStale(files, output);
    foreach (var name in stale)
    {
        Console.Error.WriteLine(
            $"{Path.Combine(output, name)} is not what the pages in {pages} make: run this again without --check.");
    }

    return stale.Count == 0 ? Success : Stale;
}
catch (Exception exception) when (exception is HelpPageException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(exception.Message);
    return Failure;
}
