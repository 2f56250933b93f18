namespace LowMem.Checkpoints.Reporting;

/// <summary>How verdicts are written for others to read.</summary>
public enum VerdictFormat
{
    /// <summary>SARIF 2.1.0, for code scanning.</summary>
    Sarif,

    /// <summary>XML as JUnit writes it, for build systems.</summary>
    JUnit,

    /// <summary>A table in GitHub's Markdown, for a pull request.</summary>
    Markdown,

    /// <summary>Comma-separated values, one line for each finding.</summary>
    Csv,
}
