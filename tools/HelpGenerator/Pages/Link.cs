namespace LowMem.HelpGenerator.Pages;

/// <summary>A related page; the address is empty when it is a page of the same module.</summary>
internal sealed record Link(string Text, string Address)
{
    /// <summary>Whether a link leads out of the documentation.</summary>
    public static bool IsAddress(string? url) => url?.Contains("://", StringComparison.Ordinal) == true;
}
