using System.Management.Automation;

namespace LowMem.PowerShellHost.StandIns;

/// <summary>What commands with <c>-Path</c> (wildcards) and <c>-LiteralPath</c> (none) have in common.</summary>
public abstract class PathCommand : PSCmdlet
{
    protected const string PathSet = "Path";
    protected const string LiteralPathSet = "LiteralPath";

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet,
        ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get; set; } = [];

    protected bool IsLiteral => ParameterSetName == LiteralPathSet;

    protected string[] Paths => IsLiteral ? LiteralPath : Path;

    /// <summary>A path as a pattern, for calls of the engine that know only those.</summary>
    protected string AsPattern(string path) => IsLiteral ? WildcardPattern.Escape(path) : path;

    /// <summary>Does the work for one path; an error is reported, and the next path is taken.</summary>
    protected abstract void ProcessPath(string path);

    protected override void ProcessRecord()
    {
        foreach (string path in Paths)
        {
            try
            {
                ProcessPath(path);
            }
            catch (RuntimeException exception)
                when (exception is not (PipelineStoppedException or ActionPreferenceStopException))
            {
                WriteError(new ErrorRecord(exception.ErrorRecord, exception));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                WriteError(new ErrorRecord(exception, GetType().Name, ErrorCategory.ReadError, path));
            }
        }
    }

    /// <summary>The file-system paths that a path stands for; an error is reported when there is none.</summary>
    protected IReadOnlyList<string> ResolveFiles(string path)
    {
        if (!IsLiteral)
        {
            return [.. GetResolvedProviderPathFromPSPath(path, out _)];
        }

        string resolved = GetUnresolvedProviderPathFromPSPath(path);
        return System.IO.Path.Exists(resolved)
            ? [resolved]
            : throw new ItemNotFoundException($"Cannot find path '{resolved}' because it does not exist.");
    }
}
