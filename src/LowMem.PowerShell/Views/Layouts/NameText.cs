namespace LowMem.PowerShell.Views.Layouts;

/// <summary>The last column of a table: a name, of which the end is seen where there is no room for all of it, and perhaps a second one.</summary>
/// <param name="First">The name.</param>
/// <param name="Between">What stands between the two.</param>
/// <param name="Second">The second one; empty for none.</param>
/// <param name="KeepsBeginning">Whether the beginning of the name says more than its end.</param>
internal readonly record struct NameText(string First, string Between = "", string Second = "", bool KeepsBeginning = false)
{
    /// <summary>All of it.</summary>
    public string Whole => Second.Length == 0 ? First : First + Between + Second;

    /// <summary>As much as there is room for.</summary>
    /// <param name="room">The cells.</param>
    /// <param name="isPlain">Whether the ellipsis is ASCII.</param>
    public string Fit(int room, bool isPlain)
    {
        if (CellText.GetWidth(Whole) <= room)
        {
            return Whole;
        }

        if (Second.Length == 0)
        {
            return KeepsBeginning ? CellText.Cut(First, room, isPlain) : CellText.CutFront(First, room, isPlain);
        }

        // Each has half of the room, and what the other one leaves.
        int both = Math.Max(0, room - Between.Length);
        int first = Math.Min(CellText.GetWidth(First), Math.Max((both + 1) / 2, both - CellText.GetWidth(Second)));
        return CellText.CutFront(First, first, isPlain) + Between + CellText.CutFront(Second, both - first, isPlain);
    }
}
