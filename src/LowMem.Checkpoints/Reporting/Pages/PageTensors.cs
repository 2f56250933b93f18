using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Exploring;

namespace LowMem.Checkpoints.Reporting.Pages;

/// <summary>
/// The tensors of a page, in columns, and the modules that they lie in: a name is written once and not in the key of each tensor
/// below it.
/// </summary>
internal sealed class PageTensors
{
    private readonly List<(int Parent, string Name)> modules = [];
    private readonly List<(int Module, string Name, TensorInfo Tensor)> rows = [];
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);

    public PageTensors(Checkpoint? checkpoint)
    {
        if (checkpoint is not null)
        {
            Add(new CheckpointTree(checkpoint).Root);
        }
    }

    /// <summary>The tensors, in natural order.</summary>
    public IEnumerable<TensorInfo> Tensors => rows.Select(row => row.Tensor);

    /// <summary>The row of a tensor; -1 when there is none.</summary>
    public int Find(string? key) => key is not null && places.TryGetValue(key, out int place) ? place : -1;

    public void Write(Utf8JsonWriter writer, CancellationToken cancellationToken)
    {
        writer.WriteStartObject("modules");
        writer.WriteList("parent", modules, module => writer.WriteNumberValue(module.Parent));
        writer.WriteList("name", modules, module => writer.WriteStringValue(DisplayText.Name(module.Name)));
        writer.WriteEndObject();

        var dtypes = new PageJson.Texts();
        var shapes = new PageJson.Texts();
        var files = new PageJson.Texts();
        var storages = new StorageBytes([.. Tensors]);
        writer.WriteStartObject("tensors");
        Column("module", row => writer.WriteNumberValue(row.Module));
        Column("name", row => writer.WriteStringValue(DisplayText.Name(row.Name)));
        Column("dtype", row => writer.WriteNumberValue(dtypes.Add(DisplayText.Name(row.Tensor.DType))));
        Column("shape", row => writer.WriteNumberValue(shapes.Add(DisplayText.Name($"[{string.Join(", ", row.Tensor.Shape)}]"))));
        Column("file", row => writer.WriteNumberValue(files.Add(PageNames.Leaf(row.Tensor.Path))));
        Column("elements", row => writer.WriteNumberValue(row.Tensor.ElementCount));
        Column("bytes", row => writer.WriteNumberValue(storages.Count([row.Tensor])));
        WriteTies(writer);
        WriteNotes(writer);
        writer.WriteEndObject();
        dtypes.Write(writer, "dtypes");
        shapes.Write(writer, "shapes");
        files.Write(writer, "files");

        void Column(string name, Action<(int Module, string Name, TensorInfo Tensor)> write)
        {
            writer.WriteList(name, rows, write);
            writer.Flush();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Adds a node and what is below it: not by recursion, since names are as deep as the file says.</summary>
    private void Add(CheckpointNode root)
    {
        var open = new Stack<(CheckpointNode Node, int Module)>();
        open.Push((root, -1));
        while (open.TryPop(out var entry))
        {
            var (node, parent) = entry;
            if (node.Tensor is { } tensor)
            {
                places.TryAdd(tensor.Key, rows.Count);
                rows.Add((parent, node.Name, tensor));
            }

            if (node.TensorCount == (node.Tensor is null ? 0 : 1))
            {
                continue;
            }

            int module = -1;
            if (node.Parent is not null)
            {
                module = modules.Count;
                modules.Add((parent, node.Name));
            }

            foreach (var child in node.Children.Reverse())
            {
                open.Push((child, module));
            }
        }
    }

    /// <summary>Pairs of a tensor and the first one that has the same elements.</summary>
    private void WriteTies(Utf8JsonWriter writer)
    {
        var first = new Dictionary<TensorIdentity, int>();
        writer.WriteStartArray("ties");
        foreach (var (place, row) in rows.Index())
        {
            if (!first.TryAdd(TensorIdentity.OfView(row.Tensor), place))
            {
                writer.WriteNumberValue(place);
                writer.WriteNumberValue(first[TensorIdentity.OfView(row.Tensor)]);
            }
        }

        writer.WriteEndArray();
    }

    /// <summary>What is not ordinary about a tensor, by its place.</summary>
    private void WriteNotes(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("notes");
        foreach (var (place, row) in rows.Index())
        {
            string? note = row.Tensor.UnreadableReason
                ?? (row.Tensor.Layout != TensorLayouts.Strided ? row.Tensor.Layout
                : row.Tensor.Quantization is not null ? "quantised"
                : row.Tensor.IsContiguous ? null : "not contiguous");
            if (note is not null)
            {
                writer.WriteNumberValue(place);
                writer.WriteStringValue(DisplayText.Name(note));
            }
        }

        writer.WriteEndArray();
    }
}
