using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Differential;

/// <summary>Describes nodes in the form in which <c>reference.py</c> describes the objects of Python.</summary>
internal sealed class NodeText
{
    private const int MaxDepth = 40;
    private const int MaxParts = 5000;

    private readonly List<string> parts = [];
    private readonly Dictionary<PickleNode, int> seen = new(ReferenceEqualityComparer.Instance);

    public static string Describe(PickleNode root)
    {
        var text = new NodeText();
        text.Add(root, MaxDepth);
        return string.Concat(text.parts);
    }

    private void Add(PickleNode node, int depth)
    {
        if (depth == 0 || parts.Count > MaxParts)
        {
            parts.Add("~");
            return;
        }

        switch (node)
        {
            case PickleSequence { Kind: PickleSequenceKind.List } list:
                if (!Refer(node))
                {
                    parts.Add("[");
                    AddAll(list.Items, depth - 1);
                    parts.Add("]");
                }

                break;
            case PickleSequence { Kind: PickleSequenceKind.Tuple } tuple:
                parts.Add("(");
                AddAll(tuple.Items, depth - 1);
                parts.Add(")");
                break;
            case PickleSequence set:
                parts.Add(set.Kind == PickleSequenceKind.Set ? "s" : "z");
                parts.AddRange(set.Items.Distinct(PythonEquality.Instance).Select(Plain).Order(StringComparer.Ordinal));
                parts.Add("}");
                break;
            case PickleMapping mapping:
                if (!Refer(node))
                {
                    AddDict(mapping, depth);
                }

                break;
            case PickleObject made:
                if (IsHooks(made) || !Refer(node))
                {
                    AddObject(made, depth);
                }

                break;
            case PicklePersistentId id:
                parts.Add("p");
                Add(id.Id, depth - 1);
                break;
            default:
                parts.Add(Plain(node));
                break;
        }
    }

    private void AddObject(PickleObject made, int depth)
    {
        parts.Add("o");
        Add(made.Callable, depth - 1);
        Add(made.Arguments, depth - 1);
        if (made.Items.Count > 0)
        {
            parts.Add("+");
            AddAll(made.Items, depth - 1);
        }

        if (made.Entries.Count > 0)
        {
            parts.Add("=");
            AddAll([.. made.Entries.SelectMany(entry => (PickleNode[])[entry.Key, entry.Value])], depth - 1);
        }

        switch (made.State ?? made.Keywords)
        {
            case null or PickleScalar { Value: null }:
                break;
            case PickleMapping state:
                if (state.Count > 0)
                {
                    AddDict(state, depth);
                }

                break;
            case { } state:
                parts.Add("!");
                Add(state, depth - 1);
                break;
        }
    }

    /// <summary>The first of equal keys stays, with the last of their values.</summary>
    private void AddDict(PickleMapping mapping, int depth)
    {
        var values = new OrderedDictionary<PickleNode, PickleNode>(PythonEquality.Instance);
        foreach (var (key, value) in mapping.Entries)
        {
            values[key] = value;
        }

        parts.Add("{");
        AddAll([.. values.SelectMany(entry => (PickleNode[])[entry.Key, entry.Value])], depth - 1);
        parts.Add("}");
    }

    private void AddAll(IReadOnlyList<PickleNode> nodes, int depth)
    {
        foreach (var node in nodes)
        {
            Add(node, depth);
            if (parts.Count > MaxParts)
            {
                break;
            }
        }
    }

    private bool Refer(PickleNode node)
    {
        if (seen.TryGetValue(node, out int number))
        {
            parts.Add($"@{number}");
            return true;
        }

        seen.Add(node, seen.Count);
        return false;
    }

    /// <summary>An empty OrderedDict, of which tensors have one each: which of them it is makes no difference and is not kept.</summary>
    private static bool IsHooks(PickleObject made) =>
        made is { CallableName: "collections.OrderedDict", ArgumentCount: 0, Items.Count: 0, Entries.Count: 0 }
        && made.State is (null or PickleScalar { Value: null } or PickleMapping { Count: 0 });

    private static string Plain(PickleNode node) => node switch
    {
        PickleScalar scalar => Plain(scalar.Value),
        PickleGlobal global => $"c{global.Module}\u0001{global.Name}\0",
        PickleSequence { Kind: PickleSequenceKind.Tuple } tuple => $"({string.Concat(tuple.Items.Select(Plain))})",
        _ => "?",
    };

    private static string Plain(object? value)
    {
        switch (value)
        {
            case null:
                return "N";
            case bool flag:
                return flag ? "T" : "F";
            case long number:
                return Plain((BigInteger)number);
            case BigInteger big:
                string digits = BigInteger.Abs(big).ToString("x", CultureInfo.InvariantCulture).TrimStart('0');
                return $"i{(big.Sign < 0 ? "-" : string.Empty)}{(digits.Length == 0 ? "0" : digits)}";
            case double number:
                Span<byte> bytes = stackalloc byte[8];
                BinaryPrimitives.WriteDoubleBigEndian(bytes, number);
                return double.IsNaN(number) ? "fnan" : $"f{Convert.ToHexStringLower(bytes)}";
            case string text:
                return new StringBuilder("u").Append(text).Append('\0').ToString();
            case byte[] content:
                return $"b{Convert.ToHexStringLower(content)}";
            default:
                return "?";
        }
    }
}
