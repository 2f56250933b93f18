using LowMem.Fuzz;

Instrumentation.Install();
FuzzOptions options;
try
{
    options = FuzzOptions.Parse(args);
}
catch (FormatException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 2;
}

var targets = FuzzTarget.All.Where(target => options.Target == "all" || target.Name == options.Target).ToList();
if (targets.Count == 0)
{
    Console.Error.WriteLine($"There is no target '{options.Target}'. There are: {string.Join(", ", FuzzTarget.All.Select(target => target.Name))}.");
    return 2;
}

int findings = 0;
foreach (var target in targets)
{
    using var run = new FuzzRun(target, options);
    findings += run.Run();
}

return findings == 0 ? 0 : 1;
