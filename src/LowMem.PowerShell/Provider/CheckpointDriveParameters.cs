using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Security;
using LowMem.PowerShell.Pipeline;

namespace LowMem.PowerShell.Provider;

/// <summary>What New-PSDrive takes for a checkpoint on a server: the same as the cmdlets.</summary>
public sealed class CheckpointDriveParameters
{
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

    internal RemoteArguments ToArguments() => new(Token, Headers, Endpoint, AllowFullDownload, AllowUnencrypted);
}
