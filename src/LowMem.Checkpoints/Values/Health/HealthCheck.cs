using LowMem.Checkpoints.Values.Health.Rules;

namespace LowMem.Checkpoints.Values.Health;

/// <summary>
/// Judges tensors of one checkpoint by all rules: first with what every tensor is read for, then, of the few for which a rule asks
/// for it, with a second reading.
/// </summary>
/// <param name="checkpoint">The checkpoint, in which biases are looked up.</param>
internal sealed class HealthCheck(Checkpoint checkpoint)
{
    private readonly SiblingGroups siblings = new();
    private readonly List<HealthSubject> subjects = [];
    private Dictionary<string, TensorInfo>? tensors;

    /// <summary>Whether tensors are compared with their siblings; false where these are looked at elsewhere.</summary>
    public bool ComparesSiblings { get; init; } = true;

    /// <summary>A tensor whose evidence is about to be gathered.</summary>
    /// <param name="view">The tensor, or a part of it.</param>
    /// <param name="evidence">What gathers the evidence.</param>
    /// <param name="repeat">How often the tensor has each value of the evidence.</param>
    /// <param name="reread">Wants the values once more; null when they are those of the view.</param>
    public HealthSubject Add(TensorView view, EvidenceConsumer evidence, long repeat, Action<BlockPlan, IBlockConsumer>? reread = null)
    {
        bool isWeight = TensorRole.IsWeight(view.Tensor.Key);
        string? bias = isWeight ? TensorRole.GetBiasKey(view.Tensor.Key) : null;
        var subject = new HealthSubject(view, evidence, repeat, isWeight) { BiasShape = bias is null ? null : Find(bias)?.Shape, Reread = reread };
        subjects.Add(subject);
        return subject;
    }

    /// <summary>Drops the tensors that are looked at elsewhere.</summary>
    /// <param name="isHere">Whether a tensor is looked at here.</param>
    public void Keep(Func<HealthSubject, bool> isHere) => subjects.RemoveAll(subject => !isHere(subject));

    /// <summary>Names what is to be read once more, now that the evidence is there.</summary>
    /// <param name="plan">What is read.</param>
    /// <param name="isWithin">Whether a tensor may be read once more.</param>
    /// <returns>False when nothing is.</returns>
    public bool PlanCloserLook(BlockPlan plan, Func<TensorView, bool> isWithin)
    {
        bool any = false;
        foreach (var subject in subjects)
        {
            bool isNeeded = false;
            bool marksLines = false;
            foreach (var rule in HealthRules.All)
            {
                bool needs = rule.NeedsCloserLook(subject);
                isNeeded |= needs;
                marksLines |= needs && rule.MarksLines;
            }

            if (!isNeeded || !isWithin(subject.View))
            {
                continue;
            }

            double threshold = subject.HasMagnitudes ? AbsurdValueRule.GetThreshold(subject) : double.PositiveInfinity;
            subject.Look = new CloserLook(subject.Type, subject.View.Shape, threshold, marksLines);
            if (subject.Reread is { } reread)
            {
                reread(plan, subject.Look);
            }
            else
            {
                plan.Add(subject.View, subject.Look);
            }

            any = true;
        }

        return any;
    }

    /// <summary>What the rules say of the tensors since the last time, in the order in which they were added.</summary>
    public IReadOnlyList<(HealthSubject Subject, IReadOnlyList<HealthFinding> Findings)> Conclude()
    {
        if (ComparesSiblings)
        {
            foreach (var (subject, comparison) in subjects.Zip(siblings.Compare([.. subjects.Select(SiblingFact.Of)])))
            {
                subject.Siblings = comparison;
            }
        }

        var judged = new List<(HealthSubject Subject, IReadOnlyList<HealthFinding> Findings)>(subjects.Count);
        foreach (var subject in subjects)
        {
            List<HealthFinding>? findings = null;
            foreach (var rule in HealthRules.All)
            {
                if (rule.Judge(subject) is { } finding)
                {
                    (findings ??= []).Add(finding);
                }
            }

            judged.Add((subject, findings ?? (IReadOnlyList<HealthFinding>)[]));
        }

        subjects.Clear();
        return judged;
    }

    private TensorInfo? Find(string key)
    {
        if (tensors is null)
        {
            tensors = new Dictionary<string, TensorInfo>(StringComparer.Ordinal);
            foreach (var tensor in checkpoint.Tensors)
            {
                tensors.TryAdd(tensor.Key, tensor);
            }
        }

        return tensors.GetValueOrDefault(key);
    }
}
