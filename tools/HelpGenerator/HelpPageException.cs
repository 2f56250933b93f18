namespace LowMem.HelpGenerator;

/// <summary>A page that is not as it should be. The message names the page, the line and what to do.</summary>
internal sealed class HelpPageException(string page, int line, string problem)
    : Exception($"{page}({line}): {problem}");
