namespace LowMem.PowerShellHost;

/// <summary>The exit codes of the host itself; a script chooses its own with <c>exit N</c>.</summary>
internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary>A terminating error that nothing caught, or (with -Command) a failed last statement.</summary>
    public const int Failed = 1;

    /// <summary>What the host was started with makes no sense; 64 is EX_USAGE of sysexits.h, as in pwsh.</summary>
    public const int BadCommandLine = 64;

    /// <summary>Shells report 128 + the number of the signal.</summary>
    public const int Interrupted = 128 + 2;

    public const int Terminated = 128 + 15;
}
