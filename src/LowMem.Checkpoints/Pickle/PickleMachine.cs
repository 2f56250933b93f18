using LowMem.Checkpoints.Safety;

namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// Reads a pickle of any protocol, 0 to 5, into plain nodes. It knows every opcode and carries out none of the calls:
/// no name is resolved, nothing is made but nodes. It does not recurse, and it stops when its budget is used up.
/// </summary>
internal sealed class PickleMachine
{
    /// <summary>About what a node with its first child takes on the heap, in bytes.</summary>
    private const int NodeCost = 80;

    /// <summary>What a slot of the stack, the memo or a container takes.</summary>
    private const int SlotCost = 16;

    private readonly PickleCursor cursor;
    private readonly PickleStack stack;
    private readonly PickleSource source;
    private readonly IPersistentLoader? persistentLoader;
    private readonly PickleMemo memo = new();
    private readonly Dictionary<(string Module, string Name), PickleGlobal> globals = [];
    private readonly List<PickleGlobal> globalsInOrder = [];
    private readonly List<PickleObject> calls = [];
    private readonly List<PickleScalar> payloads = [];
    private long memoryLeft;
    private long opcodes;

    private PickleMachine(IPickleInput input, PickleSource source, IPersistentLoader? persistentLoader)
    {
        this.source = source;
        this.persistentLoader = persistentLoader;
        cursor = new PickleCursor(input, source);
        stack = new PickleStack(cursor);
        memoryLeft = source.MemoryBudget;
    }

    /// <summary>Reads the pickle at the start of the data; what follows its STOP is left alone.</summary>
    /// <exception cref="CheckpointException">
    /// The bytes are no pickle, or one that breaks the rules; the error tells which globals were named until then.
    /// </exception>
    public static PickleResult Read(ReadOnlyMemory<byte> data, PickleSource source, CancellationToken cancellationToken) =>
        Read(new MemoryPickleInput(data), source, persistentLoader: null, cancellationToken);

    /// <summary>Reads the pickle at the start of an input.</summary>
    /// <param name="input">The bytes.</param>
    /// <param name="source">What they are, for messages.</param>
    /// <param name="persistentLoader">Says what persistent ids stand for; null leaves them as they are.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    public static PickleResult Read(
        IPickleInput input, PickleSource source, IPersistentLoader? persistentLoader, CancellationToken cancellationToken)
    {
        var result = ReadAsFarAsPossible(input, source, persistentLoader, cancellationToken);
        return result.Error is null ? result : throw result.Error.Naming(GlobalReport.Of([result]));
    }

    /// <summary>Reads a pickle; a broken one gives what it held before it broke, and the error.</summary>
    public static PickleResult ReadAsFarAsPossible(
        ReadOnlyMemory<byte> data, PickleSource source, CancellationToken cancellationToken) =>
        ReadAsFarAsPossible(new MemoryPickleInput(data), source, persistentLoader: null, cancellationToken);

    /// <summary>Reads a pickle; a broken one gives what it held before it broke, and the error.</summary>
    public static PickleResult ReadAsFarAsPossible(
        IPickleInput input, PickleSource source, IPersistentLoader? persistentLoader, CancellationToken cancellationToken)
    {
        var machine = new PickleMachine(input, source, persistentLoader);
        var root = (PickleNode)PickleScalar.None;
        CheckpointException? error = null;
        try
        {
            root = machine.Run(cancellationToken);
        }
        catch (CheckpointException exception)
        {
            error = exception;
        }

        return new PickleResult(root, machine.globalsInOrder, machine.cursor.Position, machine.opcodes)
        {
            Calls = machine.calls,
            Payloads = machine.payloads,
            Error = error,
        };
    }

    private PickleNode Run(CancellationToken cancellationToken)
    {
        while (true)
        {
            if ((++opcodes & 0xfff) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (cursor.AtEnd)
            {
                throw source.Error(
                    source.EndErrorId, cursor.Position, "the pickle ends without a STOP opcode");
            }

            var opcode = (PickleOpcode)cursor.ReadByte();
            if (opcode == PickleOpcode.Stop)
            {
                return stack.Pop();
            }

            Step(opcode);
        }
    }

    private void Step(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Proto:
                int protocol = cursor.ReadByte();
                if (protocol > 5)
                {
                    throw cursor.Invalid($"pickle protocol {protocol} is newer than the newest there is, 5");
                }

                break;
            case PickleOpcode.Frame:
                // A frame only groups bytes for reading ahead; its length is a hint that is not relied on.
                cursor.ReadUInt64Length();
                break;
            case PickleOpcode.Mark:
                Charge(SlotCost);
                stack.Mark();
                break;
            case PickleOpcode.Pop:
                stack.PopNodeOrMark();
                break;
            case PickleOpcode.PopMark:
                stack.DropToMark();
                break;
            case PickleOpcode.Dup:
                Charge(SlotCost);
                stack.Push(stack.Top);
                break;

            case PickleOpcode.None:
                Push(PickleScalar.None, SlotCost);
                break;
            case PickleOpcode.NewTrue:
                Push(PickleScalar.True, SlotCost);
                break;
            case PickleOpcode.NewFalse:
                Push(PickleScalar.False, SlotCost);
                break;
            case PickleOpcode.Int:
                Push(cursor.ReadIntLine());
                break;
            case PickleOpcode.BinInt:
                Push(PickleScalar.Of((long)cursor.ReadInt32()));
                break;
            case PickleOpcode.BinInt1:
                Push(PickleScalar.Of((long)cursor.ReadByte()), SlotCost);
                break;
            case PickleOpcode.BinInt2:
                Push(PickleScalar.Of((long)cursor.ReadUInt16()));
                break;
            case PickleOpcode.Long:
                Push(cursor.ReadLongLine());
                break;
            case PickleOpcode.Long1:
                Push(PickleScalar.Of(cursor.ReadInteger(cursor.ReadByte())));
                break;
            case PickleOpcode.Long4:
                Push(PickleScalar.Of(cursor.ReadInteger(cursor.ReadInt32())));
                break;
            case PickleOpcode.Float:
                Push(cursor.ReadFloatLine());
                break;
            case PickleOpcode.BinFloat:
                Push(PickleScalar.Of(cursor.ReadBigEndianDouble()));
                break;

            case PickleOpcode.String:
                PushPayload(cursor.ReadQuotedLine());
                break;
            case PickleOpcode.BinString:
                PushPython2String(cursor.ReadInt32());
                break;
            case PickleOpcode.ShortBinString:
                PushPython2String(cursor.ReadByte());
                break;
            case PickleOpcode.Unicode:
                PushPayload(cursor.ReadUnicodeLine());
                break;
            case PickleOpcode.ShortBinUnicode:
                PushText(cursor.ReadByte());
                break;
            case PickleOpcode.BinUnicode:
                PushText(cursor.ReadUInt32());
                break;
            case PickleOpcode.BinUnicode8:
                PushText(cursor.ReadUInt64Length());
                break;
            case PickleOpcode.ShortBinBytes:
                PushBytes(cursor.ReadByte());
                break;
            case PickleOpcode.BinBytes:
                PushBytes(cursor.ReadUInt32());
                break;
            case PickleOpcode.BinBytes8:
            case PickleOpcode.ByteArray8:
                PushBytes(cursor.ReadUInt64Length());
                break;

            default:
                StepComposite(opcode);
                break;
        }
    }

    private void StepComposite(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.EmptyList:
                Push(new PickleSequence(PickleSequenceKind.List, null));
                break;
            case PickleOpcode.EmptyTuple:
                Push(PickleSequence.EmptyTuple, SlotCost);
                break;
            case PickleOpcode.EmptySet:
                Push(new PickleSequence(PickleSequenceKind.Set, null));
                break;
            case PickleOpcode.EmptyDict:
                Push(new PickleMapping());
                break;
            case PickleOpcode.List:
                PushFromMark(PickleSequenceKind.List);
                break;
            case PickleOpcode.Tuple:
                PushFromMark(PickleSequenceKind.Tuple);
                break;
            case PickleOpcode.FrozenSet:
                PushFromMark(PickleSequenceKind.FrozenSet);
                break;
            case PickleOpcode.Tuple1:
                PushTuple(1);
                break;
            case PickleOpcode.Tuple2:
                PushTuple(2);
                break;
            case PickleOpcode.Tuple3:
                PushTuple(3);
                break;
            case PickleOpcode.Dict:
                var mapping = new PickleMapping();
                SetEntries(mapping, stack.AboveMark());
                stack.DropToMark();
                Push(mapping);
                break;
            case PickleOpcode.Append:
                var item = stack.Pop();
                AddItems(stack.Top, [item]);
                break;
            case PickleOpcode.Appends:
            case PickleOpcode.AddItems:
                AddItemsFromMark();
                break;
            case PickleOpcode.SetItem:
                var value = stack.Pop();
                var key = stack.Pop();
                SetEntries(stack.Top, [key, value]);
                break;
            case PickleOpcode.SetItems:
                SetEntriesFromMark();
                break;

            case PickleOpcode.Get:
                PushMemo(cursor.ReadIndexLine());
                break;
            case PickleOpcode.BinGet:
                PushMemo(cursor.ReadByte());
                break;
            case PickleOpcode.LongBinGet:
                PushMemo(cursor.ReadUInt32());
                break;
            case PickleOpcode.Put:
                SetMemo(cursor.ReadIndexLine());
                break;
            case PickleOpcode.BinPut:
                SetMemo(cursor.ReadByte());
                break;
            case PickleOpcode.LongBinPut:
                SetMemo(cursor.ReadUInt32());
                break;
            case PickleOpcode.Memoize:
                SetMemo(memo.Count);
                break;

            default:
                StepObject(opcode);
                break;
        }
    }

    private void StepObject(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Global:
                PushGlobal(cursor.ReadTextLine(), cursor.ReadTextLine());
                break;
            case PickleOpcode.StackGlobal:
                var name = stack.Pop();
                var module = stack.Pop();
                PushGlobal(TextOf(module), TextOf(name));
                break;
            case PickleOpcode.Ext1:
                PushExtension(cursor.ReadByte());
                break;
            case PickleOpcode.Ext2:
                PushExtension(cursor.ReadUInt16());
                break;
            case PickleOpcode.Ext4:
                PushExtension(cursor.ReadInt32());
                break;
            case PickleOpcode.Inst:
                var type = GetGlobal(cursor.ReadTextLine(), cursor.ReadTextLine());
                var instanceArguments = TakeFromMark(PickleSequenceKind.Tuple);
                PushCall(type, instanceArguments);
                break;
            case PickleOpcode.Obj:
                var parts = stack.AboveMark();
                if (parts.Length == 0)
                {
                    throw cursor.Invalid("OBJ needs a class above its MARK");
                }

                var objectClass = parts[0];
                var objectArguments = NewSequence(PickleSequenceKind.Tuple, parts[1..]);
                stack.DropToMark();
                PushCall(objectClass, objectArguments);
                break;
            case PickleOpcode.Reduce:
            case PickleOpcode.NewObj:
                var arguments = stack.Pop();
                PushCall(stack.Pop(), arguments);
                break;
            case PickleOpcode.NewObjEx:
                var keywords = stack.Pop();
                var positional = stack.Pop();
                PushCall(stack.Pop(), positional, keywords);
                break;
            case PickleOpcode.Build:
                Build();
                break;
            case PickleOpcode.PersId:
                PushPersistentId(PickleScalar.Of(cursor.ReadTextLine()));
                break;
            case PickleOpcode.BinPersId:
                PushPersistentId(stack.Pop());
                break;
            case PickleOpcode.NextBuffer:
                throw source.Error(
                    CheckpointErrorIds.Unsupported, cursor.Position, "the pickle keeps data in out-of-band buffers");
            case PickleOpcode.ReadonlyBuffer:
                _ = stack.Top;
                break;
            default:
                throw cursor.Invalid($"0x{(byte)opcode:x2} is not a pickle opcode");
        }
    }

    private void Push(PickleNode node, int cost = NodeCost)
    {
        Charge(cost);
        stack.Push(node);
    }

    private void PushCall(PickleNode callable, PickleNode arguments, PickleNode? keywords = null)
    {
        var call = new PickleObject(callable, arguments) { State = keywords };
        calls.Add(call);
        Push(call, NodeCost + SlotCost);
    }

    private void PushPersistentId(PickleNode id) => Push(persistentLoader?.Load(id) ?? new PicklePersistentId(id));

    /// <summary>Charged before the text is made, so that a long one does not cost first and fail then.</summary>
    private void PushText(long length)
    {
        cursor.Require(length);
        Charge(2 * length);
        PushPayload(PickleScalar.Of(cursor.ReadUtf8(length)));
    }

    private void PushPython2String(long length)
    {
        cursor.Require(length);
        Charge(2 * length);
        PushPayload(cursor.ReadPython2String(length));
    }

    private void PushBytes(long length)
    {
        cursor.Require(length);
        Charge(length);
        PushPayload(PickleScalar.Of(cursor.Take(length).ToArray()));
    }

    /// <summary>Pushes text or bytes, and remembers those in which another pickle may hide.</summary>
    private void PushPayload(PickleScalar scalar)
    {
        if (PicklePayload.MayHoldPickle(scalar))
        {
            Charge(SlotCost);
            payloads.Add(scalar);
        }

        Push(scalar);
    }

    private void PushTuple(int count)
    {
        var items = new PickleNode[count];
        for (int i = count - 1; i >= 0; i--)
        {
            items[i] = stack.Pop();
        }

        Push(NewSequence(PickleSequenceKind.Tuple, items));
    }

    private void PushFromMark(PickleSequenceKind kind) => Push(TakeFromMark(kind));

    private PickleSequence TakeFromMark(PickleSequenceKind kind)
    {
        var sequence = NewSequence(kind, stack.AboveMark());
        stack.DropToMark();
        return sequence;
    }

    private PickleSequence NewSequence(PickleSequenceKind kind, ReadOnlySpan<PickleNode> items)
    {
        Charge((long)items.Length * SlotCost);
        return new PickleSequence(kind, items.IsEmpty ? null : [.. items]);
    }

    private void AddItemsFromMark()
    {
        var items = stack.AboveMark().ToArray();
        stack.DropToMark();
        AddItems(stack.Top, items);
    }

    private void AddItems(PickleNode target, ReadOnlySpan<PickleNode> items)
    {
        Charge((long)items.Length * SlotCost);
        switch (target)
        {
            case PickleSequence { Kind: PickleSequenceKind.List or PickleSequenceKind.Set } sequence:
                sequence.Add(items);
                break;
            case PickleObject made:
                made.AddItems(items);
                break;
            case PickleGlobal global:
                global.IsWrittenTo = true;
                break;
            default:
                throw cursor.Invalid("items are appended to something that is no list");
        }
    }

    private void SetEntriesFromMark()
    {
        var pairs = stack.AboveMark().ToArray();
        stack.DropToMark();
        SetEntries(stack.Top, pairs);
    }

    /// <summary>
    /// Anything but a dict, an object or an import is refused: Python's unpickler would write into what it finds there, which is
    /// how CVE-2026-24747 was reached.
    /// </summary>
    private void SetEntries(PickleNode target, ReadOnlySpan<PickleNode> pairs)
    {
        if (pairs.Length % 2 != 0)
        {
            throw cursor.Invalid("a key has no value");
        }

        Charge((long)pairs.Length * SlotCost);
        for (int i = 0; i < pairs.Length; i += 2)
        {
            switch (target)
            {
                case PickleMapping mapping:
                    mapping.Add(pairs[i], pairs[i + 1]);
                    break;
                case PickleObject made:
                    made.AddEntry(pairs[i], pairs[i + 1]);
                    break;
                case PickleGlobal global:
                    global.IsWrittenTo = true;
                    break;
                default:
                    throw cursor.Invalid("entries are set on something that is no dict");
            }
        }
    }

    private void Build()
    {
        var state = stack.Pop();
        switch (stack.Top)
        {
            case PickleObject made:
                made.State = state;
                break;
            case PickleGlobal global:
                global.IsWrittenTo = true;
                break;
            default:
                throw cursor.Invalid("BUILD needs an object to set the state of");
        }
    }

    private void PushMemo(long index) =>
        Push(memo.Get(index) ?? throw cursor.Invalid($"memo index {index} was never set"), SlotCost);

    private void SetMemo(long index)
    {
        Charge(3 * SlotCost);
        memo.Set(index, stack.Top);
    }

    private void PushGlobal(string module, string name) => Push(GetGlobal(module, name));

    /// <summary>Anything but plain text is text that the pickle would first have to compute, or an error in Python.</summary>
    private static string TextOf(PickleNode node) =>
        node is PickleScalar { Value: string text } ? text : PickleGlobal.Computed;

    private void PushExtension(int code) => PushGlobal("copyreg", $"extension_{code}");

    private PickleGlobal GetGlobal(string module, string name)
    {
        if (!globals.TryGetValue((module, name), out var global))
        {
            Charge(4L * (module.Length + name.Length) + NodeCost);
            global = new PickleGlobal(module, name);
            globals.Add((module, name), global);
            globalsInOrder.Add(global);
        }

        return global;
    }

    private void Charge(long bytes)
    {
        memoryLeft -= bytes;
        if (memoryLeft < 0)
        {
            throw cursor.Invalid($"the pickle unfolds to more than {source.MemoryBudget} bytes, far more than its file");
        }
    }
}
