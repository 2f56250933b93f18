using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Security;
using LowMem.Checkpoints.Sources;
using LowMem.PowerShell.Pipeline;

namespace LowMem.PowerShell.Commands;

/// <summary>What the cmdlets share that read checkpoints also from servers: -Uri, and how servers are asked.</summary>
public abstract class CheckpointUriCommand : CheckpointPathCommand
{
    /// <summary>Where the checkpoints of drives are, with what their servers are asked with.</summary>
    private readonly Dictionary<string, CheckpointLocation> driven = new(StringComparer.Ordinal);

    private RemoteAccess? remote;

    /// <summary>Addresses of web servers, signed ones too, or of the hub (<c>hf://owner/repo</c>).</summary>
    [Parameter(Mandatory = true, ParameterSetName = UriSet, HelpMessage = "An https address, or hf://owner/repo[@revision][/file]")]
    [ValidateNotNullOrEmpty]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[] Uri { get; set; } = [];

    /// <summary>A token that is sent to the server that was named.</summary>
    [Parameter]
    [ValidateNotNull]
    public SecureString? Token { get; set; }

    /// <summary>Headers that are sent to the server that was named.</summary>
    [Parameter]
    [ValidateNotNull]
    [SuppressMessage("Usage", "CA2227:Collection properties should be read only", Justification = "A cmdlet parameter.")]
    public IDictionary? Headers { get; set; }

    /// <summary>The address of the hub behind hf://.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Endpoint { get; set; }

    /// <summary>Fetches whole files from servers that give no parts of them.</summary>
    [Parameter]
    public SwitchParameter AllowFullDownload { get; set; }

    /// <summary>Sends the token and the headers over plain http as well.</summary>
    [Parameter]
    public SwitchParameter AllowUnencrypted { get; set; }

    /// <summary>Whether the cmdlet reads all that a verdict rests on, whatever that costs.</summary>
    private protected virtual bool ReadsAll => false;

    /// <summary>Whether files that are fetched whole are not kept.</summary>
    private protected virtual bool AvoidsCache => false;

    private RemoteAccess Remote => remote ??= new RemoteAccess(
        new RemoteArguments(Token, Headers, Endpoint, AllowFullDownload, AllowUnencrypted, AvoidsCache), ReadsAll, StopToken);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            remote?.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Opens a file beside a checkpoint, such as its manifest, that is named by an address.</summary>
    internal RandomAccessSource OpenNamed(string uri)
    {
        string name = AddAddress(uri);
        return LocationOf(name).Open(name, StopToken);
    }

    private protected sealed override bool IsUriCommand => true;

    private protected sealed override IEnumerable<string> GivenAddresses => Uri;

    private protected sealed override string AddAddress(string uri) => Remote.Add(uri);

    private protected sealed override void TakeLocation(string path, CheckpointLocation location) => driven[path] = location;

    private protected sealed override CheckpointLocation LocationOf(string path) =>
        !IsAddress(path) ? CheckpointLocation.Local : driven.TryGetValue(path, out var location) ? location : Remote.Find(path);

    private protected sealed override void TellTraffic() => WriteLines(remote);
}
