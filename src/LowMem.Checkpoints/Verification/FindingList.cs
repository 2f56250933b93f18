using System.Collections;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Verification;

/// <summary>The findings of a verdict: a list that scripts can index, and whose text is what there is to read.</summary>
public sealed class FindingList : IReadOnlyList<CheckpointFinding>
{
    /// <summary>How many findings the text holds.</summary>
    private const int MostAsText = 20;

    private readonly CheckpointFinding[] findings;

    private FindingList(CheckpointFinding[] findings) => this.findings = findings;

    /// <summary>No findings.</summary>
    public static FindingList Empty { get; } = new([]);

    /// <inheritdoc/>
    public int Count => findings.Length;

    /// <inheritdoc/>
    public CheckpointFinding this[int index] => findings[index];

    /// <summary>Makes the list, errors first, what is said twice once.</summary>
    /// <param name="findings">The findings in any order; those of one severity keep theirs.</param>
    public static FindingList Of(IEnumerable<CheckpointFinding> findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        return findings as FindingList ?? new FindingList([.. findings.Distinct().OrderByDescending(finding => finding.Severity)]);
    }

    /// <inheritdoc/>
    public IEnumerator<CheckpointFinding> GetEnumerator() => ((IEnumerable<CheckpointFinding>)findings).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => findings.GetEnumerator();

    /// <summary>The findings as one line: <c>Error Code: message; Warning Code: message; and 3 more</c>.</summary>
    public override string ToString()
    {
        string text = string.Join("; ", findings.Take(MostAsText).Select(finding => finding.ToString()));
        return Count > MostAsText ? $"{text}; and {Count - MostAsText} more" : text;
    }
}
