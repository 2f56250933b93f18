using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// Reads a pickle of any protocol, 0 to 5, into plain nodes. It knows every opcode and carries out none of the calls:
/// no name is resolved, nothing is made but nodes. It does not recurse, and it stops when its budget is used up.
/// </summary>
internal sealed class PickleMachine
{
    private readonly PickleCursor cursor;
    private readonly PickleStack stack;
    private readonly PickleSource source;
    private readonly PickleHeap heap;
    private readonly PickleMemo memo = new();
    private readonly PickleObjectOpcodes objects;
    private readonly PickleRun run;
    private readonly IPickleShortcut? shortcut;
    private readonly CancellationToken cancellationToken;
    private long opcodes;
    private CheckpointException? frameFault;
    private bool stopsInFrame;
    private bool asksForWhatWasNotMade;

    private PickleMachine(
        IPickleInput input,
        PickleSource source,
        IPersistentLoader? persistentLoader,
        IPickleShortcut? shortcut,
        CancellationToken cancellationToken)
    {
        this.source = source;
        this.cancellationToken = cancellationToken;

        // Who says what persistent ids stand for sees each of them.
        this.shortcut = persistentLoader is null ? shortcut : null;
        cursor = new PickleCursor(input, source);
        stack = new PickleStack(cursor);
        heap = new PickleHeap(cursor, source, persistentLoader);
        objects = new PickleObjectOpcodes(source, cursor, stack, heap);
        run = new PickleRun(cursor, memo);
    }

    /// <summary>Reads the pickle at the start; what follows its STOP is left alone. A broken one gives what it held before it broke, and the error.</summary>
    public static PickleResult Read(
        ReadOnlyMemory<byte> data, PickleSource source, CancellationToken cancellationToken) =>
        Read(new MemoryPickleInput(data), source, persistentLoader: null, cancellationToken);

    /// <summary>Reads a pickle; a broken one gives what it held before it broke, and the error.</summary>
    /// <param name="input">The bytes.</param>
    /// <param name="source">What they are, for messages.</param>
    /// <param name="persistentLoader">Says what persistent ids stand for; null leaves them as they are.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <param name="shortcut">Makes nodes of many opcodes at once; null for none. The outcome is the same.</param>
    public static PickleResult Read(
        IPickleInput input,
        PickleSource source,
        IPersistentLoader? persistentLoader,
        CancellationToken cancellationToken,
        IPickleShortcut? shortcut = null)
    {
        var machine = new PickleMachine(input, source, persistentLoader, shortcut, cancellationToken);
        var result = machine.Read();

        // No pickler writes that: from the start, so that there is one place that knows what opcodes mean.
        return machine.asksForWhatWasNotMade
            ? new PickleMachine(input, source, persistentLoader, shortcut: null, cancellationToken).Read()
            : result;
    }

    private PickleResult Read()
    {
        var root = (PickleNode)PickleScalar.None;
        CheckpointException? error = null;
        try
        {
            root = Run();
        }
        catch (CheckpointException exception)
        {
            error = exception;
        }

        return new PickleResult(root, heap.Globals, cursor.Position, opcodes)
        {
            Calls = heap.Calls,
            Payloads = heap.Payloads,
            Source = source,

            // A file that is cut off inside a frame is refused by every reader: that it is cut is what there is to say.
            Error = error?.ErrorId == CheckpointErrorIds.Truncated ? error : frameFault ?? error,
            IsWhole = error is null,
            EndsFrameWrongly = error?.ErrorId == CheckpointErrorIds.Unsafe || stopsInFrame,
        };
    }

    private PickleNode Run()
    {
        while (true)
        {
            if ((++opcodes & 0xfff) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (cursor.IsInFrame)
            {
                cursor.LeaveFrame();
            }

            if (cursor.AtEnd)
            {
                throw cursor.PastEnd(1, "the pickle ends without a STOP opcode");
            }

            var opcode = (PickleOpcode)cursor.ReadByte();
            if (opcode == PickleOpcode.Stop)
            {
                return Stop();
            }

            if (PickleScalarReader.TryRead(opcode, cursor, heap) is { } scalar)
            {
                Push(scalar, PickleScalarReader.CostOf(opcode));
            }
            else
            {
                Step(opcode);
            }
        }
    }

    /// <summary>What is on top is the object, whatever lies below it.</summary>
    private PickleNode Stop()
    {
        if (cursor.IsInFrame && cursor.Position < cursor.FrameEnd)
        {
            stopsInFrame = true;
            frameFault ??= cursor.Unsafe($"the pickle stops before its frame ends at {cursor.FrameEnd}");
        }

        return stack.Pop();
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

                heap.NamesPython2 = protocol < PythonModules.FirstProtocolOfPython3;

                break;
            case PickleOpcode.Frame:
                if (!cursor.TryBeginFrame())
                {
                    // What follows is read all the same: only Python's C code stops here, and what it names is told.
                    frameFault ??= cursor.Unsafe("a frame is longer than the rest of the pickle");
                }

                break;
            case PickleOpcode.Mark:
                heap.Charge(PickleHeap.SlotCost);
                stack.Mark();
                break;
            case PickleOpcode.Pop:
                stack.PopNodeOrMark();
                break;
            case PickleOpcode.PopMark:
                stack.DropToMark();
                break;
            case PickleOpcode.Dup:
                heap.Charge(PickleHeap.SlotCost);
                stack.Push(stack.Top);
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
                Push(new PickleSequence(PickleSequenceKind.List));
                break;
            case PickleOpcode.EmptyTuple:
                Push(PickleSequence.EmptyTuple, PickleHeap.SlotCost);
                break;
            case PickleOpcode.EmptySet:
                Push(new PickleSequence(PickleSequenceKind.Set));
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
                heap.SetEntries(mapping, stack.TakeFromMark());
                Push(mapping);
                break;
            case PickleOpcode.Append:
                var item = stack.Pop();
                heap.AddItems(stack.Top, PickleSequenceKind.List, [item]);
                break;
            case PickleOpcode.Appends:
                AddItemsFromMark(PickleSequenceKind.List);
                break;
            case PickleOpcode.AddItems:
                AddItemsFromMark(PickleSequenceKind.Set);
                break;
            case PickleOpcode.SetItem:
                var value = stack.Pop();
                var key = stack.Pop();
                heap.SetEntries(stack.Top, [key, value]);
                break;
            case PickleOpcode.SetItems:
                SetEntriesFromMark();
                break;

            case PickleOpcode.Get:
                PushMemo(PickleLines.ReadIndex(cursor));
                break;
            case PickleOpcode.BinGet:
                PushMemo(cursor.ReadByte());
                break;
            case PickleOpcode.LongBinGet:
                PushMemo(cursor.ReadUInt32());
                break;
            case PickleOpcode.Put:
                SetMemo(PickleLines.ReadIndex(cursor));
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
                objects.Step(opcode);
                break;
        }
    }

    private void Push(PickleNode node, int cost = PickleHeap.NodeCost)
    {
        heap.Charge(cost);
        stack.Push(node);
    }

    private void PushTuple(int count)
    {
        var items = new PickleNode[count];
        for (int i = count - 1; i >= 0; i--)
        {
            items[i] = stack.Pop();
        }

        Push(heap.NewSequence(PickleSequenceKind.Tuple, items));
    }

    private void PushFromMark(PickleSequenceKind kind) => Push(heap.NewSequence(kind, stack.TakeFromMark()));

    private void AddItemsFromMark(PickleSequenceKind kind)
    {
        var items = stack.TakeFromMark();
        heap.AddItems(stack.Top, kind, items);
    }

    private void SetEntriesFromMark()
    {
        var pairs = stack.TakeFromMark();
        heap.SetEntries(stack.Top, pairs);
    }

    private void PushMemo(long index)
    {
        var node = memo.Get(index) ?? throw cursor.Invalid($"memo index {index} was never set");
        if (node == PickleMemo.NotMade)
        {
            asksForWhatWasNotMade = true;
            throw cursor.Invalid("what was read in one go is asked for in parts");
        }

        Push(node, PickleHeap.SlotCost);
        if (shortcut is not null && node is PickleGlobal name && shortcut.PatternBehind(name) is { } pattern)
        {
            TakeShortcut(name, pattern);
        }
    }

    /// <summary>Puts what a call makes in the place of the name of the function, when all opcodes up to the call are as expected.</summary>
    private void TakeShortcut(PickleGlobal name, PicklePattern pattern)
    {
        if (!run.TryRead(pattern) || !heap.CanCharge(run.Cost) || shortcut!.TryMake(name, run, heap) is not { } made)
        {
            return;
        }

        heap.Charge(run.Cost);
        run.Finish();
        stack.ReplaceTop(made);
        long before = opcodes;
        opcodes += run.OpcodeCount;
        if (before >> 12 != opcodes >> 12)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private void SetMemo(long index)
    {
        heap.Charge(PickleHeap.PutCost);
        memo.Set(index, stack.Top);
    }
}
