using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Pickle;

/// <summary>The opcodes that name imports, make objects by calls and refer to what is kept elsewhere. None of it is done.</summary>
internal sealed class PickleObjectOpcodes(PickleSource source, PickleCursor cursor, PickleStack stack, PickleHeap heap)
{
    /// <summary>Carries out an opcode that is none of a leaf or a container.</summary>
    public void Step(PickleOpcode opcode)
    {
        long start = cursor.Position - 1;
        switch (opcode)
        {
            case PickleOpcode.Global:
                PushGlobal(PickleLines.ReadName(cursor), PickleLines.ReadName(cursor), start);
                break;
            case PickleOpcode.StackGlobal:
                var name = stack.Pop();
                var module = stack.Pop();
                PushGlobal(TextOf(module), TextOf(name), start);
                break;
            case PickleOpcode.Ext1:
                PushExtension(cursor.ReadByte(), start);
                break;
            case PickleOpcode.Ext2:
                PushExtension(cursor.ReadUInt16(), start);
                break;
            case PickleOpcode.Ext4:
                PushExtension(cursor.ReadInt32(), start);
                break;
            case PickleOpcode.Inst:
                var instanceItems = stack.TakeFromMark();
                var type = heap.GetGlobal(
                    PickleLines.ReadAscii(cursor, "the module of INST", 1), PickleLines.ReadAscii(cursor, "the class of INST", 1), start);
                var instanceArguments = heap.NewSequence(PickleSequenceKind.Tuple, instanceItems);
                PushCall(opcode, heap.NewCall(type, instanceArguments));
                break;
            case PickleOpcode.Obj:
                var parts = stack.TakeFromMark();
                if (parts.Length == 0)
                {
                    throw cursor.Invalid("OBJ needs a class above its MARK");
                }

                var objectClass = parts[0];
                var objectArguments = heap.NewSequence(PickleSequenceKind.Tuple, parts[1..]);
                PushCall(opcode, heap.NewCall(objectClass, objectArguments));
                break;
            case PickleOpcode.Reduce:
            case PickleOpcode.NewObj:
                var arguments = stack.Pop();
                PushCall(opcode, heap.NewCall(stack.Pop(), arguments));
                break;
            case PickleOpcode.NewObjEx:
                var keywords = stack.Pop();
                var positional = stack.Pop();
                PushCall(opcode, heap.NewCall(stack.Pop(), positional, keywords));
                break;
            case PickleOpcode.Build:
                var state = stack.Pop();
                heap.SetState(stack.Top, state);
                break;
            case PickleOpcode.PersId:
                Push(heap.NewPersistentId(PickleScalar.Of(PickleLines.ReadAscii(cursor, "the id of PERSID", 0))));
                break;
            case PickleOpcode.BinPersId:
                Push(heap.NewPersistentId(stack.Pop()));
                break;
            case PickleOpcode.NextBuffer:
                throw source.Error(
                    CheckpointErrorIds.Unsupported, cursor.Position, "the pickle keeps data in out-of-band buffers");
            case PickleOpcode.ReadonlyBuffer:
                if (stack.Top is not (PickleScalar { Value: byte[] } or PickleObject or PicklePersistentId))
                {
                    throw cursor.Invalid("READONLY_BUFFER needs bytes");
                }

                break;
            default:
                throw cursor.Invalid($"0x{(byte)opcode:x2} is not a pickle opcode");
        }
    }

    private void Push(PickleNode node)
    {
        heap.Charge(PickleHeap.NodeCost);
        stack.Push(node);
    }

    private void PushCall(PickleOpcode opcode, PickleCall call)
    {
        call.MadeBy = opcode;
        Push(heap.StandInFor(call));
    }

    private void PushGlobal(string module, string name, long start) => Push(heap.GetGlobal(module, name, start));

    /// <summary>What a call or a persistent id gives may be text that the pickle would first have to compute.</summary>
    private string TextOf(PickleNode node) => node switch
    {
        PickleScalar { Value: string text } => text,
        PickleObject or PicklePersistentId => PickleGlobal.Computed,
        _ => throw cursor.Invalid("STACK_GLOBAL needs two texts"),
    };

    private void PushExtension(int code, long start) => PushGlobal(
        "copyreg", code > 0 ? $"extension_{code}" : throw cursor.Invalid($"extension {code} is below the first, 1"), start);
}
