using System.Globalization;
using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Diagnostics;
using LowMem.PowerShell.Views;

namespace LowMem.PowerShell.Pipeline;

/// <summary>What cmdlets that write checkpoints have in common: where to, and what in words.</summary>
internal static class ConversionOutput
{
    private const int MaxNamed = 10;

    /// <summary>The files that a path means.</summary>
    /// <param name="given">The path as it was given; one that ends with a slash is a directory.</param>
    /// <param name="full">The same in full.</param>
    /// <param name="format">The format; null to go by the extension.</param>
    /// <param name="source">What is written.</param>
    public static ConversionDestination Find(string given, string full, ConversionFormat? format, string source)
    {
        bool isDirectory = Directory.Exists(full) || Path.EndsInDirectorySeparator(given);
        return ConversionDestination.Of(Path.TrimEndingDirectorySeparator(full), isDirectory, format, source);
    }

    /// <summary>The plan in words, which -WhatIf shows.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="verb">What is done.</param>
    public static string Describe(ConversionPlan plan, string verb)
    {
        string cast = plan.CastCount == 0 ? "none cast" : $"{plan.CastCount} cast";
        string tied = plan.TiedCount == 0 ? string.Empty : $", {plan.TiedCount} with the values of another";
        string shard = plan.Shard is null ? string.Empty : $"; {ShardArguments.Describe(plan.Shard)}";
        string files = string.Join(", ", plan.Files.Take(MaxNamed).Select(file => $"{file.Name} ({ByteSize.Format(file.ByteLength)})"));
        string more = plan.Files.Count > MaxNamed ? $" and {plan.Files.Count - MaxNamed} more" : string.Empty;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{verb} '{plan.Checkpoint.Path}' to {plan.Destination.Format}: {plan.TensorCount} tensors ({cast}{tied}{shard}), {ByteSize.Format(plan.ByteLength)} in {plan.Files.Count} {(plan.Files.Count == 1 ? "file" : "files")}: {files}{more}");
    }

    /// <summary>What was written in words, for -Verbose.</summary>
    public static string Describe(ConversionReport report) => string.Create(
        CultureInfo.InvariantCulture,
        $"{report.Path}: {report.TensorCount} tensors, {ByteSize.Format(report.ByteLength)} in {report.Duration.TotalSeconds:F1} s.");
}
