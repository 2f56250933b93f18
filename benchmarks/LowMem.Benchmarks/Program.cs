using System.Globalization;
using LowMem.Benchmarks;
using LowMem.CheckpointMaker;

// A case, in the process that is watched: case <name> <checkpoint> <stages>
if (args is ["case", var loadCase, var checkpoint, var stageText])
{
    LoadCase.Run(loadCase, checkpoint, int.Parse(stageText, CultureInfo.InvariantCulture));
    return 0;
}

// All of them: <MiB> <runs> [<page to write the figures to>]
if (args.Length is < 2 or > 3
    || !int.TryParse(args[0], CultureInfo.InvariantCulture, out var mebibytes)
    || !int.TryParse(args[1], CultureInfo.InvariantCulture, out var runs)
    || mebibytes < 1 || runs < 1)
{
    Console.Error.WriteLine("Usage: LowMem.Benchmarks <MiB of the model> <runs> [<page.md>]");
    return 64;
}

var directory = Directory.CreateTempSubdirectory("lowmem-bench-");
try
{
    var stages = WideBoringModel.GetStageCount(mebibytes);
    var path = Path.Combine(directory.FullName, "model.pt");
    Console.Error.WriteLine($"Making a checkpoint of {mebibytes} MiB ...");
    WideBoringModel.Write(path, stages);
    var modelBytes = WideBoringModel.GetTensors(stages).Sum(tensor => tensor.Shape.Aggregate(4L, (product, size) => product * size));

    var contenders = Contender.Find(path, stages);
    var results = contenders.ToDictionary(contender => contender, _ => new List<CaseResult>());
    for (var run = 1; run <= runs; run++)
    {
        foreach (var contender in contenders)
        {
            Console.Error.WriteLine($"Run {run} of {runs}: {contender.Name}");
            results[contender].Add(CaseProcess.Run(contender.Program, contender.Arguments));
        }
    }

    var report = new Report(contenders.Select(contender => (contender, CaseResult.Median(results[contender]))), modelBytes, runs);
    var markdown = report.ToMarkdown();
    Console.WriteLine(markdown);
    if (args.Length == 3)
    {
        PerformancePage.Write(args[2], markdown);
    }

    var missed = report.GetMissedTargets().ToList();
    missed.ForEach(Console.Error.WriteLine);
    return missed.Count == 0 ? 0 : 1;
}
finally
{
    directory.Delete(recursive: true);
}
