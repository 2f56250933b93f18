using System.Collections;
using System.Collections.Concurrent;
using System.Management.Automation;
using System.Security;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Sources.Http;

namespace LowMem.PowerShell.Pipeline;

/// <summary>What the parameters say on how servers are asked. Made when the first address is used: nothing else loads what it needs.</summary>
internal sealed class RemoteAccess : IDisposable
{
    private readonly RemoteOptions options;
    private readonly ConcurrentDictionary<string, RemoteLocation> locations = new(StringComparer.Ordinal);

    /// <param name="arguments">The parameters.</param>
    /// <param name="readsAll">Whether nothing is left out that a verdict rests on.</param>
    /// <param name="cancellationToken">Ends all that is asked.</param>
    /// <exception cref="CheckpointException">A header or the token is none.</exception>
    public RemoteAccess(RemoteArguments arguments, bool readsAll, CancellationToken cancellationToken)
    {
        options = new RemoteOptions
        {
            AllowFullDownload = arguments.AllowFullDownload,
            AllowUnencrypted = arguments.AllowUnencrypted,
            Endpoint = arguments.Endpoint,
            ReadsAll = readsAll,
            Cancellation = cancellationToken,
            UsesCache = !arguments.NoCache,
        };
        if (arguments.Token is { } token)
        {
            options.SetToken(token);
        }

        foreach (DictionaryEntry header in arguments.Headers ?? new Hashtable())
        {
            options.AddHeader(LanguagePrimitives.ConvertTo<string>(header.Key), LanguagePrimitives.ConvertTo<string>(header.Value));
        }
    }

    /// <summary>Takes an address; the name is what everything else calls it by.</summary>
    /// <exception cref="CheckpointException">It is none.</exception>
    public string Add(string uri)
    {
        var location = RemoteLocation.Create(uri, options);

        // Signatures of one file may differ from one to the next: the last one counts.
        locations[location.Name] = location;
        return location.Name;
    }

    /// <summary>Where something is that has a name of a server.</summary>
    /// <exception cref="CheckpointException">It is none.</exception>
    public CheckpointLocation Find(string name)
    {
        if (!locations.TryGetValue(name, out var location))
        {
            location = locations[Add(name)];
        }

        return location;
    }

    /// <summary>What was fetched since this was asked last.</summary>
    public IReadOnlyList<string> TakeLines() => options.Traffic.TakeLines();

    public void Dispose()
    {
        foreach (var location in locations.Values)
        {
            location.Dispose();
        }
    }
}

/// <summary>The parameters on how servers are asked.</summary>
/// <param name="Token">What is sent as a bearer token.</param>
/// <param name="Headers">What else is sent.</param>
/// <param name="Endpoint">The address of the hub.</param>
/// <param name="AllowFullDownload">Whether whole files are taken where there are no parts.</param>
/// <param name="AllowUnencrypted">Whether secrets go over plain http.</param>
/// <param name="NoCache">Whether files that are fetched whole are not kept.</param>
internal sealed record RemoteArguments(
    SecureString? Token, IDictionary? Headers, string? Endpoint, bool AllowFullDownload, bool AllowUnencrypted, bool NoCache = false);
