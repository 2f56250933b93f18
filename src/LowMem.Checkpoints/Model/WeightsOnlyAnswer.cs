namespace LowMem.Checkpoints;

/// <summary>Whether a current <c>torch.load(weights_only=True)</c> takes a file.</summary>
/// <param name="Reason">The first reason why it does not, as a sentence without its point; null when it takes the file.</param>
/// <param name="Offset">Where the reason is in the file, in bytes, or null.</param>
internal sealed record WeightsOnlyAnswer(string? Reason, long? Offset)
{
    public static WeightsOnlyAnswer Accepted { get; } = new(null, null);

    public bool IsAccepted => Reason is null;

    public static WeightsOnlyAnswer Refused(string reason, long? offset = null) => new(reason, offset);

    /// <summary>The answer for several files that are loaded together: the first refusal, null when a file is none of torch.load's.</summary>
    public static WeightsOnlyAnswer? Combine(IEnumerable<WeightsOnlyAnswer?> answers)
    {
        WeightsOnlyAnswer? all = null;
        bool hasOthers = false;
        foreach (var answer in answers)
        {
            if (answer is { IsAccepted: false })
            {
                return answer;
            }

            hasOthers |= answer is null;
            all = answer;
        }

        return hasOthers ? null : all;
    }
}
