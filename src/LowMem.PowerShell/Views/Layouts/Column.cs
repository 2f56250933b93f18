namespace LowMem.PowerShell.Views.Layouts;

/// <summary>A column of a table in front of the last one.</summary>
/// <param name="Label">Its heading.</param>
/// <param name="Width">The cells that it has at least.</param>
/// <param name="Text">The text of an object.</param>
/// <param name="IsRight">Whether its text stands at the right.</param>
/// <param name="From">The width of the window from which on there is room for it.</param>
internal sealed record Column(string Label, int Width, Func<ShownObject, string> Text, bool IsRight = false, int From = 0);
