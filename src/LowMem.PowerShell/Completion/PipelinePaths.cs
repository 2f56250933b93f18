using System.Collections;
using System.Management.Automation.Language;

namespace LowMem.PowerShell.Completion;

/// <summary>The files that the start of a pipeline names, as far as its text tells them: nothing is run to complete a word.</summary>
internal static class PipelinePaths
{
    private static readonly string[] Parameters = ["Path", "LiteralPath", "Checkpoint"];

    // What hands on the files that it is given, by all of its names.
    private static readonly string[] Commands =
        ["Get-Item", "gi", "Get-ChildItem", "gci", "ls", "dir", "Resolve-Path", "rvpa", "Convert-Path", "cvpa", "Get-CheckpointInfo", "Get-CheckpointTensor", "Test-Checkpoint"];

    /// <summary>Adds them to the parameters of a command that has no path of its own.</summary>
    /// <param name="command">The command that is being typed.</param>
    /// <param name="parameters">Its parameters, which are not changed.</param>
    public static IDictionary AddTo(CommandAst command, IDictionary parameters)
    {
        if (Parameters.Any(parameters.Contains)
            || command?.Parent is not PipelineAst pipeline
            || pipeline.PipelineElements.IndexOf(command) < 1)
        {
            return parameters;
        }

        var paths = pipeline.PipelineElements[0] switch
        {
            CommandExpressionAst { Expression: var expression } => GetTexts(expression),
            CommandAst first when Commands.Contains(first.GetCommandName(), StringComparer.OrdinalIgnoreCase) => GetPaths(first),
            _ => [],
        };
        return new Hashtable(parameters, StringComparer.OrdinalIgnoreCase) { ["Path"] = paths.ToArray<object>() };
    }

    private static IEnumerable<string> GetPaths(CommandAst command)
    {
        var bound = StaticParameterBinder.BindCommand(command).BoundParameters;
        var filter = bound.TryGetValue("Filter", out var given) ? given.ConstantValue as string : null;
        return Parameters.Where(bound.ContainsKey)
            .SelectMany(name => GetTexts(bound[name].Value))
            .SelectMany(path => filter is null ? [path] : (string[])[$"{path.TrimEnd('/', '\\')}/{filter}"]);
    }

    private static IEnumerable<string> GetTexts(Ast value) => value switch
    {
        StringConstantExpressionAst text => [text.Value],
        ArrayLiteralAst list => list.Elements.SelectMany(GetTexts),
        ParenExpressionAst { Pipeline: PipelineAst { PipelineElements: [CommandExpressionAst inner] } } => GetTexts(inner.Expression),
        _ => [],
    };
}
