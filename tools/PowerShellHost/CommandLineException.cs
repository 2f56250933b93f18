namespace LowMem.PowerShellHost;

/// <summary>The host was started with arguments that it does not understand.</summary>
internal sealed class CommandLineException(string message) : Exception(message);
