using System.Reflection;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Parts.Records;

namespace LowMem.Checkpoints.Parts;

/// <summary>The parts of one job, to be joined. They are whole, or there is one error that names all that is wrong with them.</summary>
public sealed class PartSet
{
    private const int MostNamed = 20;

    private readonly List<(PartRecord Record, string Origin)> parts = [];

    /// <summary>The version of this module, which all parts have to have.</summary>
    internal static string ModuleVersion { get; } =
        typeof(PartSet).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>Takes a part in.</summary>
    /// <param name="record">The text of <see cref="CheckpointPart.Record"/>.</param>
    /// <param name="origin">Where it came from, for messages.</param>
    /// <exception cref="CheckpointException">It is none.</exception>
    public void Add(string record, string origin)
    {
        ArgumentNullException.ThrowIfNull(record);
        var part = PartRecordJson.TryRead(record, out string? problem) ?? throw new CheckpointException(
            CheckpointErrorIds.PartInvalid, origin, $"this is no part that can be joined: {problem}. Run the part again, and keep its Record whole.");
        parts.Add((part, origin));
    }

    /// <summary>Joins the parts.</summary>
    /// <param name="folder">Of a conversion: the directory where the files are; null when it is where the parts saw it.</param>
    /// <exception cref="CheckpointException">Parts are missing, doubled, or of another job.</exception>
    public IReadOnlyList<JoinedCheckpoint> Join(string? folder)
    {
        var records = Check();
        var reference = records[0];
        var items = records.SelectMany(record => record.Items).ToLookup(item => item.Index);
        CheckItems(records, items);
        try
        {
            return [.. items.OrderBy(group => group.Min(item => item.Input)).ThenBy(group => group.Key).Select(group => JoinedCheckpoint.Of(reference.Operation, [.. group], folder))];
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or OverflowException or InvalidOperationException)
        {
            // Each record is what was written, and yet they do not say what they should.
            throw new CheckpointException(CheckpointErrorIds.PartInvalid, "parts", $"these parts cannot be joined: {exception.Message} Run all of them again.", exception);
        }
    }

    /// <summary>The errors that are about no checkpoint as a whole, each once. Call after <see cref="Join"/>.</summary>
    public IReadOnlyList<JoinedError> GetErrors() =>
        [.. parts.SelectMany(part => part.Record.Errors).Distinct().Select(error => new JoinedError(error.Id, error.Message, error.Target, error.Category))];

    private List<PartRecord> Check()
    {
        if (parts.Count == 0)
        {
            throw new CheckpointException(CheckpointErrorIds.PartsNotWhole, "parts", "there is no part to join.");
        }

        var jobs = parts.GroupBy(part => (part.Record.Module, part.Record.Operation, part.Record.Count, part.Record.List, Options: Describe(part.Record.Options)))
            .OrderByDescending(job => job.Count())
            .ToList();
        var reference = jobs[0].First().Record;
        var faults = new List<string>();
        var own = jobs[0].ToLookup(part => part.Record.Part);
        int[] missing = [.. Enumerable.Range(1, reference.Count).Where(number => !own.Contains(number))];
        if (missing.Length > 0)
        {
            faults.Add($"missing: {DisplayText.Names([.. missing.Select(number => $"{number}/{reference.Count}")], MostNamed)}");
        }

        faults.AddRange(own.Where(group => group.Count() > 1).Select(group => $"{group.First().Record.Name} is there {group.Count()} times"));
        faults.AddRange(jobs.Skip(1).SelectMany(job => job).Select(part => $"{part.Record.Name} ({DisplayText.Name(part.Origin)}) is of another job: {Differ(part.Record, reference)}"));
        if (reference.Module != ModuleVersion)
        {
            faults.Add($"all were made by version {reference.Module} of the module, and this is {ModuleVersion}");
        }

        Refuse(faults);
        return [.. jobs[0].Select(part => part.Record).OrderBy(record => record.Part)];
    }

    private static void CheckItems(List<PartRecord> records, ILookup<int, PartItem> items)
    {
        var reference = records[0];
        var faults = new List<string>();
        var names = new Dictionary<object, string>(ReferenceEqualityComparer.Instance);
        foreach (var record in records)
        {
            record.Items.ForEach(item => names.Add(item, record.Name));
        }

        for (int index = 0; index < reference.ListCount && faults.Count <= MostNamed; index++)
        {
            PartItem[] all = [.. items[index]];
            string path = all.Length > 0 ? DisplayText.Name(all[0].Path) : string.Empty;
            if (all.Length == 0)
            {
                faults.Add($"checkpoint {index + 1} of {reference.ListCount} is in no part");
            }
            else if (all.Length != (all[0].IsDivided ? all[0].Sharers : 1) || all.Count(item => item.HasCommon) != 1)
            {
                string wanted = !all[0].IsDivided ? "one" : all[0].Sharers == reference.Count ? "all" : $"{all[0].Sharers}";
                faults.Add($"'{path}' is in the parts {DisplayText.Names([.. all.Select(item => names[item])], MostNamed)}, and has to be in {wanted}");
            }
            else if (VerdictOperation.FindPlaceFaults(all, item => names[item]).ToList() is { Count: > 0 } places)
            {
                faults.AddRange(places);
            }
            else if (all.Any(item => item.Error is null) && all.Where(item => item.Error is not null).ToList() is { Count: > 0 } failed)
            {
                faults.AddRange(failed.Select(item => $"{names[item]} could not read '{path}': {item.Error!.Message.TrimEnd('.')}"));
            }
            else if (all.GroupBy(item => item.Fingerprint).OrderByDescending(group => group.Count()).ToList() is { Count: > 1 } versions)
            {
                faults.AddRange(versions.Skip(1).SelectMany(group => group).Select(item => $"{names[item]} read another version of '{path}', or divided it otherwise"));
            }
        }

        Refuse(faults);
    }

    private static void Refuse(List<string> faults)
    {
        if (faults.Count > 0)
        {
            throw new CheckpointException(
                CheckpointErrorIds.PartsNotWhole,
                "parts",
                $"these parts are not one whole. {string.Join("; ", faults.Take(MostNamed))}{(faults.Count > MostNamed ? $"; and {faults.Count - MostNamed} more" : string.Empty)}. Run what is wrong again, and join all parts of one job.");
        }
    }

    private static string Describe(SortedDictionary<string, string> options) => string.Join('\n', options.Select(option => $"{option.Key}={option.Value}"));

    private static string Differ(PartRecord record, PartRecord reference)
    {
        string[] options = [.. record.Options.Keys.Union(reference.Options.Keys)
            .Where(name => record.Options.GetValueOrDefault(name) != reference.Options.GetValueOrDefault(name))
            .Select(name => $"-{name}")];
        return record.Operation != reference.Operation ? $"it is of {DisplayText.Name(record.Operation)}"
            : record.Count != reference.Count ? $"there are {record.Count} parts of it"
            : record.Module != reference.Module ? $"it was made by version {DisplayText.Name(record.Module)} of the module"
            : record.List != reference.List ? "it is of other checkpoints, or of other versions of them"
            : $"it was made with another {DisplayText.Names(options, MostNamed)}";
    }
}
