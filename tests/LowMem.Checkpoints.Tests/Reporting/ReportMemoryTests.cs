using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Reporting;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Reporting;

[Collection(RunsAlone.Name)]
public class ReportMemoryTests
{
    [Fact]
    public void MemoryDoesNotGrowWithTheNumberOfVerdicts()
    {
        using var directory = new CheckpointDirectory();
        using var report = VerdictReport.Create(Path.Combine(directory.Path, "out.sarif"), VerdictFormat.Sarif, directory.Path);
        var verdict = new CheckpointVerdict
        {
            Path = Path.Combine(directory.Path, "a.pt"),
            Format = CheckpointFormats.PyTorchZip,
            Level = "Structure",
            Findings = [new CheckpointFinding(FindingSeverity.Error, FindingCodes.UnsafeGlobal, "a", 7, "a message")],
            TensorCount = 1,
            BytesRead = 2,
            Duration = TimeSpan.FromSeconds(1.5),
        };
        report.Add(verdict);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < 100_000; i++)
        {
            report.Add(verdict);
        }

        // A result that was kept would take hundreds of bytes: tens of millions in all.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 8 << 20);
        report.Complete();
    }
}
