using System.Collections;
using System.Management.Automation;
using System.Security;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Exploring;
using LowMem.PowerShell.Pipeline;

namespace LowMem.PowerShell.Completion;

/// <summary>
/// What is in the checkpoints on servers that a command names while somebody still types it. A server is asked what the command would ask
/// it, with what the command would send; nobody waits long for it, and what comes too late is there for the next time.
/// </summary>
internal static class RemoteListings
{
    private const int MostListings = 8;

    /// <summary>How long somebody at the prompt waits.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    /// <summary>How long a server has for all of it.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>How long an answer is taken for what is there.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    /// <summary>How long a server that gave none is left alone.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    private static readonly Lock Gate = new();

    /// <summary>The one that was asked for last stands last.</summary>
    private static readonly OrderedDictionary<Question, Answer> Answers = [];

    /// <summary>What is there, as far as it is known in time. Nobody would see an error, so that there is none.</summary>
    /// <param name="parameters">The parameters, with addresses that stand in the command.</param>
    public static IEnumerable<CheckpointListing> Of(IDictionary parameters) =>
        ((parameters["Uri"] ?? parameters["ReferenceUri"]) as string[] ?? [])
            .Select(uri => Ask(uri, parameters))
            .OfType<CheckpointListing>();

    private static CheckpointListing? Ask(string uri, IDictionary parameters)
    {
        if (!TryGet<SecureString>(parameters, "Token", out var token)
            || !TryGet<IDictionary>(parameters, "Headers", out var headers)
            || !TryGet<string>(parameters, "Endpoint", out var endpoint))
        {
            return null;
        }

        var question = new Question(uri, token, headers, endpoint, IsSet(parameters["AllowUnencrypted"]));
        return Find(question) is { } task && task.Wait(Patience) ? task.Result : null;
    }

    private static Task<CheckpointListing?> Find(Question question)
    {
        lock (Gate)
        {
            if (!Answers.Remove(question, out var answer) || answer.IsStale)
            {
                answer = new Answer(Task.Run(() => List(question)), TimeProvider.System.GetTimestamp());
            }

            Answers.Add(question, answer);
            if (Answers.Count > MostListings)
            {
                Answers.RemoveAt(0);
            }

            return answer.Listing;
        }
    }

    private static CheckpointListing? List(Question question)
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            using var remote = new RemoteAccess(
                new RemoteArguments(question.Token, question.Headers, question.Endpoint, AllowFullDownload: false, question.AllowUnencrypted, NoCache: true),
                readsAll: false,
                limit.Token);
            string name = remote.Add(question.Uri);
            return CheckpointListing.Open(remote.Find(name), name, limit.Token);
        }
        catch (Exception exception) when (exception is CheckpointException or OperationCanceledException or PSInvalidCastException)
        {
            return null;
        }
    }

    /// <summary>An argument, as far as the command has one. False when it is of another kind than it is sent as.</summary>
    private static bool TryGet<T>(IDictionary parameters, string name, out T? value)
        where T : class
    {
        object? given = parameters[name] is PSObject wrapped ? wrapped.BaseObject : parameters[name];
        value = given as T;
        return given is null || value is not null;
    }

    private static bool IsSet(object? given) => given is true or SwitchParameter { IsPresent: true };

    /// <summary>Secrets are the same where they are the same object: they are not looked into.</summary>
    private readonly record struct Question(string Uri, SecureString? Token, IDictionary? Headers, string? Endpoint, bool AllowUnencrypted);

    private readonly record struct Answer(Task<CheckpointListing?> Listing, long Asked)
    {
        public bool IsStale => TimeProvider.System.GetElapsedTime(Asked) > (Listing.IsCompleted && Listing.Result is null ? Rest : Fresh);
    }
}
