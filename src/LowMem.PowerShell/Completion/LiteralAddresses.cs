using System.Collections;
using System.Management.Automation.Language;

namespace LowMem.PowerShell.Completion;

/// <summary>
/// The addresses that stand in a command as they are. Nobody asks a server for a word that is completed unless the command says in plain
/// text which, and all that the command would send it is known.
/// </summary>
internal static class LiteralAddresses
{
    private static readonly string[] Addresses = ["Uri", "ReferenceUri"];

    /// <summary>What decides what is sent, and where to.</summary>
    private static readonly string[] Arguments = ["Token", "Headers", "Endpoint"];

    /// <summary>Takes away addresses that are not to be asked.</summary>
    /// <param name="command">The command that is being typed.</param>
    /// <param name="parameters">Its parameters, which are not changed.</param>
    public static IDictionary Only(CommandAst command, IDictionary parameters)
    {
        if (!Addresses.Any(parameters.Contains))
        {
            return parameters;
        }

        var bound = StaticParameterBinder.BindCommand(command).BoundParameters;
        bool isKnown = Arguments.All(name => bound.ContainsKey(name) == parameters.Contains(name));
        var rest = new Hashtable(parameters, StringComparer.OrdinalIgnoreCase);
        foreach (string name in Addresses)
        {
            rest.Remove(name);
            if (isKnown && bound.TryGetValue(name, out var given) && GetTexts(given.Value).ToArray() is { Length: > 0 } texts)
            {
                rest[name] = texts;
            }
        }

        return rest;
    }

    private static IEnumerable<string> GetTexts(Ast? value) => value switch
    {
        StringConstantExpressionAst text => [text.Value],
        ArrayLiteralAst list when list.Elements.All(element => element is StringConstantExpressionAst) => list.Elements.SelectMany(GetTexts),
        _ => [],
    };
}
