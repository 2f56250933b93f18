using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Reporting.Pages;

/// <summary>What a checkpoint and a module disagree about.</summary>
/// <param name="Name">What the module is called.</param>
/// <param name="ParameterCount">How many parameters and buffers the module has.</param>
/// <param name="Findings">What does not fit. Those that are in the verdict as well are shown here only.</param>
public sealed record ReportModule(string Name, int ParameterCount, IReadOnlyList<CheckpointFinding> Findings);
