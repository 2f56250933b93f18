using System.Buffers.Binary;
using System.Text;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.TorchSharp;

/// <summary>
/// What <c>save_state_dict</c> of TorchSharp's optimizers writes: the name of the class, the numbers of groups and of
/// parameters, then the options of each group and the state of each parameter, without names.
/// </summary>
/// <param name="Name">The class of the optimizer.</param>
/// <param name="Tensors">The tensors of all states, by <c>state.N.FIELD</c>.</param>
/// <param name="Values">What is no tensor, by <c>param_groups.N.FIELD</c> and <c>state.N.FIELD</c>, as PyTorch would name it.</param>
/// <param name="End">Where the last field ends.</param>
/// <param name="IsWhole">Whether all is there and fills the file to the last byte.</param>
/// <param name="IsCut">Whether all is well but for the file ending too early.</param>
internal sealed record OptimizerLayout(
    string Name,
    IReadOnlyList<TorchSharpEntry> Tensors,
    IReadOnlyDictionary<string, object?> Values,
    long End,
    bool IsWhole,
    bool IsCut)
{
    /// <summary>Goes through a file as if it were of this format; null when it does not begin like one.</summary>
    public static OptimizerLayout? Read(RandomAccessSource file, CancellationToken cancellationToken)
    {
        var cursor = new TorchSharpCursor(file);
        if (ReadName(cursor) is not { } name
            || OptimizerFields.Find(name) is not { } fields
            || cursor.ReadNumber() is not { } groups
            || cursor.ReadNumber() is not { } states)
        {
            return null;
        }

        var reader = new Fields(cursor, file.Length);
        bool isRead = reader.ReadAll("param_groups", groups, fields.Options, cancellationToken)
            && reader.ReadAll("state", states, fields.State, cancellationToken);
        long end = cursor.Position;
        return new OptimizerLayout(
            name, reader.Tensors, reader.Values, end, isRead && end == file.Length, cursor.HitEnd || end > file.Length);
    }

    /// <summary>A text with its length before it, as <c>BinaryWriter</c> writes it.</summary>
    private static string? ReadName(TorchSharpCursor cursor) =>
        cursor.ReadNumber() is > 0 and var length && length <= OptimizerFields.LongestName
            ? Encoding.ASCII.GetString(cursor.Take((int)length))
            : null;

    private sealed class Fields(TorchSharpCursor cursor, long length)
    {
        public List<TorchSharpEntry> Tensors { get; } = [];

        public OrderedDictionary<string, object?> Values { get; } = [];

        /// <summary>Each takes a byte at least, so that a false count ends with the file.</summary>
        public bool ReadAll(string container, long count, OptimizerField[] fields, CancellationToken cancellationToken)
        {
            for (long i = 0; i < count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (var field in fields)
                {
                    if (!Read(container, i, field) || cursor.Position > length)
                    {
                        return false;
                    }
                }
            }

            return true;
        }

        private bool Read(string container, long index, OptimizerField field)
        {
            switch (field.Kind)
            {
                case OptimizerFieldKind.Boolean:
                    if (cursor.Take(1) is not [<= 1 and var flag])
                    {
                        return false;
                    }

                    Values.Add($"{container}.{index}.{field.Name}", flag == 1);
                    return true;
                case OptimizerFieldKind.Double or OptimizerFieldKind.Long:
                    var bytes = cursor.Take(sizeof(long));
                    if (bytes.IsEmpty)
                    {
                        return false;
                    }

                    Values.Add($"{container}.{index}.{field.Name}", field.Kind == OptimizerFieldKind.Double
                        ? BinaryPrimitives.ReadDoubleLittleEndian(bytes)
                        : BinaryPrimitives.ReadInt64LittleEndian(bytes));
                    return true;
                case OptimizerFieldKind.OptionalTensor:
                    return cursor.Take(1) switch
                    {
                        [0] => true,
                        [1] => AddTensor($"{container}.{index}.{field.Name}"),
                        _ => false,
                    };
                default:
                    return AddTensor($"{container}.{index}.{field.Name}");
            }
        }

        private bool AddTensor(string key)
        {
            if (TorchSharpLayout.ReadTensor(cursor, key) is not { } tensor)
            {
                return false;
            }

            Tensors.Add(tensor);
            return true;
        }
    }
}
