using System.Runtime.CompilerServices;
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
    private readonly PickleMemo memo;
    private readonly PickleObjectOpcodes objects;
    private readonly PackedTensorReader tensors;
    private readonly CancellationToken cancellationToken;
    private long opcodes;
    private CheckpointException? frameFault;
    private bool stopsInFrame;

    private PickleMachine(
        IPickleInput input,
        PickleMemoUses? memoUses,
        PickleSource source,
        IPersistentLoader? persistentLoader,
        CancellationToken cancellationToken)
    {
        this.source = source;
        this.cancellationToken = cancellationToken;
        memo = new PickleMemo(memoUses);
        cursor = new PickleCursor(input, source);
        stack = new PickleStack(cursor);
        heap = new PickleHeap(cursor, source, persistentLoader);
        objects = new PickleObjectOpcodes(source, cursor, stack, heap);
        tensors = new PackedTensorReader(cursor, heap, memo);
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
    /// <param name="memoUses">What of the memo is ever asked for, so that the rest need not be kept; null keeps all.</param>
    public static PickleResult Read(
        IPickleInput input,
        PickleSource source,
        IPersistentLoader? persistentLoader,
        CancellationToken cancellationToken,
        PickleMemoUses? memoUses = null)
    {
        var machine = new PickleMachine(input, memoUses, source, persistentLoader, cancellationToken);
        var root = (PickleNode)PickleScalar.None;
        CheckpointException? error = null;
        try
        {
            root = machine.Run();
        }
        catch (CheckpointException exception)
        {
            error = exception;
        }

        return new PickleResult(root, machine.heap.Globals, machine.cursor.Position, machine.opcodes)
        {
            Calls = machine.heap.Calls,
            Payloads = machine.heap.Payloads,
            Source = source,

            // A file that is cut off inside a frame is refused by every reader: that it is cut is what there is to say.
            Error = error?.ErrorId == CheckpointErrorIds.Truncated ? error : machine.frameFault ?? error,
            IsWhole = error is null,
            EndsFrameWrongly = error?.ErrorId == CheckpointErrorIds.Unsafe || machine.stopsInFrame,
        };
    }

    // These are optimised at once: a checkpoint of many tensors is read before the runtime would get to it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
                if (!TryReadTensors())
                {
                    heap.Charge(PickleHeap.SlotCost);
                    stack.Mark();
                }

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
                if (stack.Top is PickleObject duplicated)
                {
                    duplicated.IsShared = true;
                }

                break;

            default:
                StepComposite(opcode);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
                heap.SetEntries(mapping, stack.AboveMark());
                stack.DropToMark();
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

    /// <summary>Takes the entries of a state dict in one go, from the MARK in front of them to their SETITEMS.</summary>
    private bool TryReadTensors()
    {
        var target = stack.TopOrNull;
        if (target is not (PickleMapping or PickleObject) || !tensors.TryRead(out var rows, out long count))
        {
            return false;
        }

        opcodes += count;
        cancellationToken.ThrowIfCancellationRequested();
        if (target is PickleMapping mapping)
        {
            mapping.Add(rows);
        }
        else
        {
            ((PickleObject)target).AddEntries(rows);
        }

        return true;
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

    private void PushFromMark(PickleSequenceKind kind) => Push(TakeFromMark(kind));

    private PickleSequence TakeFromMark(PickleSequenceKind kind)
    {
        var sequence = heap.NewSequence(kind, stack.AboveMark());
        stack.DropToMark();
        return sequence;
    }

    private void AddItemsFromMark(PickleSequenceKind kind)
    {
        var items = stack.AboveMark().ToArray();
        stack.DropToMark();
        heap.AddItems(stack.Top, kind, items);
    }

    private void SetEntriesFromMark()
    {
        var pairs = stack.AboveMark().ToArray();
        stack.DropToMark();
        heap.SetEntries(stack.Top, pairs);
    }

    private void PushMemo(long index) =>
        Push(memo.Get(index) ?? throw cursor.Invalid($"memo index {index} was never set"), PickleHeap.SlotCost);

    private void SetMemo(long index)
    {
        heap.Charge(3 * PickleHeap.SlotCost);
        memo.Set(index, stack.Top);
    }
}
