using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Pickle;
using static LowMem.Checkpoints.Safety.WeightsOnly.NodeKind;

namespace LowMem.Checkpoints.Safety.WeightsOnly;

/// <summary>
/// Goes over a pickle as PyTorch's restricted unpickler does, with kinds in place of values, until a rule of it is broken.
/// </summary>
internal sealed class WeightsOnlyReader(PickleCursor cursor)
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly KindStack stack = new();
    private readonly KindMemo memo = new();

    /// <summary>Where the last opcode is, from the start of the pickle.</summary>
    public long Place { get; private set; }

    /// <summary>Null when nothing is refused, else the first reason.</summary>
    /// <exception cref="CheckpointException">The bytes end too early.</exception>
    public string? Read(CancellationToken cancellationToken)
    {
        for (int count = 0; ; count++)
        {
            if ((count & 0xffff) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            Place = cursor.Position;
            var opcode = (PickleOpcode)cursor.ReadByte();
            if (opcode == PickleOpcode.Stop)
            {
                return stack.Has(1) ? null : Underflow(opcode);
            }

            if (!TryPushLeaf(opcode) && Step(opcode) is { } reason)
            {
                return reason;
            }
        }
    }

    private bool TryPushLeaf(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.None or PickleOpcode.NewTrue or PickleOpcode.NewFalse:
                stack.Push(Other);
                break;
            case PickleOpcode.BinInt1:
                cursor.Skip(1);
                stack.Push(Integer);
                break;
            case PickleOpcode.BinInt2:
                cursor.Skip(2);
                stack.Push(Integer);
                break;
            case PickleOpcode.BinInt:
                cursor.Skip(4);
                stack.Push(Integer);
                break;
            case PickleOpcode.Long1:
                cursor.Skip(cursor.ReadByte());
                stack.Push(Integer);
                break;
            case PickleOpcode.BinFloat:
                cursor.Skip(8);
                stack.Push(Other);
                break;
            case PickleOpcode.BinUnicode:
                PushText(cursor.ReadUInt32());
                break;
            case PickleOpcode.EmptyTuple:
                stack.Push(NodeKind.Tuple);
                break;
            case PickleOpcode.EmptyList:
                stack.Push(List);
                break;
            case PickleOpcode.EmptyDict:
                stack.Push(Dict);
                break;
            case PickleOpcode.EmptySet:
                stack.Push(Other);
                break;
            case PickleOpcode.Proto:
                // Another protocol than 2 is a warning of PyTorch's, no more.
                cursor.Skip(1);
                break;
            case PickleOpcode.Mark:
                stack.Mark();
                break;
            default:
                return false;
        }

        return true;
    }

    private void PushText(long length)
    {
        const int tagLength = 7;
        if (length == tagLength)
        {
            stack.Push(cursor.Take(length).SequenceEqual("storage"u8) ? StorageTag : Text);
        }
        else
        {
            cursor.Skip(length);
            stack.Push(Text);
        }
    }

    private string? Step(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.ShortBinString:
                return PushString();
            case PickleOpcode.Global:
                return PushGlobal();
            case PickleOpcode.Reduce or PickleOpcode.NewObj:
                return Call(opcode);
            case PickleOpcode.Build:
                return Build();
            case PickleOpcode.Append or PickleOpcode.Appends:
                return Add(opcode, isMarked: opcode == PickleOpcode.Appends, size: 1);
            case PickleOpcode.SetItem or PickleOpcode.SetItems:
                return Add(opcode, isMarked: opcode == PickleOpcode.SetItems, size: 2);
            case PickleOpcode.Tuple:
                return stack.HasMark ? MakeTuple(stack.TakeFromMark()) : Underflow(opcode);
            case PickleOpcode.Tuple1:
                return stack.Has(1) ? MakeTuple(stack.Take(1)) : Underflow(opcode);
            case PickleOpcode.Tuple2:
                return stack.Has(2) ? MakeTuple(stack.Take(2)) : Underflow(opcode);
            case PickleOpcode.Tuple3:
                return stack.Has(3) ? MakeTuple(stack.Take(3)) : Underflow(opcode);
            case PickleOpcode.BinPersId:
                return LoadStorage();
            case PickleOpcode.BinGet:
                return Get(cursor.ReadByte());
            case PickleOpcode.LongBinGet:
                return Get(cursor.ReadUInt32());
            case PickleOpcode.BinPut:
                return Put(cursor.ReadByte());
            case PickleOpcode.LongBinPut:
                return Put(cursor.ReadUInt32());
            default:
                return Enum.IsDefined(opcode)
                    ? $"opcode {NameOf(opcode)} is none that it reads"
                    : $"0x{(byte)opcode:x2} is no opcode";
        }
    }

    /// <summary>torch.load decodes the byte strings of Python 2 as UTF-8.</summary>
    private string? PushString()
    {
        var bytes = cursor.Take(cursor.ReadByte());
        try
        {
            _ = StrictUtf8.GetCharCount(bytes);
        }
        catch (DecoderFallbackException)
        {
            return "a byte string of Python 2 is not UTF-8";
        }

        stack.Push(bytes.SequenceEqual("storage"u8) ? StorageTag : Text);
        return null;
    }

    private string? PushGlobal()
    {
        string module = Encoding.UTF8.GetString(cursor.ReadLine());
        string fullName = new PickleGlobal(module, Encoding.UTF8.GetString(cursor.ReadLine())).FullName;
        if (WeightsOnlyGlobals.Find(fullName) is not { } kind)
        {
            return $"global '{DisplayText.Name(fullName)}' is not on its list";
        }

        stack.Push(kind);
        return null;
    }

    private string? Call(PickleOpcode opcode)
    {
        if (!stack.Has(2))
        {
            return Underflow(opcode);
        }

        stack.Take(1);
        var callee = stack.Take(1);
        bool isAllowed = opcode == PickleOpcode.Reduce ? callee >= Function : callee >= Class;
        if (!isAllowed)
        {
            return $"{NameOf(opcode)} is on something else than {(opcode == PickleOpcode.Reduce ? "a function or class" : "a class")} of its list";
        }

        stack.Push(callee & ~(callee >= Class ? Class : Function));
        return null;
    }

    private string? Build()
    {
        if (!stack.Has(2))
        {
            return Underflow(PickleOpcode.Build);
        }

        stack.Take(1);
        return stack.Top is Tensor or Parameter or OrderedDict or Counter
            ? null
            : "BUILD is on something else than a tensor, a parameter, an OrderedDict or a Counter";
    }

    private string? Add(PickleOpcode opcode, bool isMarked, int size)
    {
        if (isMarked ? !stack.HasMark : !stack.Has(size + 1))
        {
            return Underflow(opcode);
        }

        if (isMarked)
        {
            int count = stack.CountFromMark;
            stack.TakeFromMark();
            if (count % size != 0 || !stack.Has(1))
            {
                return Underflow(opcode);
            }
        }
        else
        {
            stack.Take(size);
        }

        bool isAllowed = size == 1 ? stack.Top == List : stack.Top is Dict or OrderedDict or Counter;
        return isAllowed
            ? null
            : $"{NameOf(opcode)} is on something else than {(size == 1 ? "a list" : "a dict, an OrderedDict or a Counter")}";
    }

    private string? MakeTuple(NodeKind first)
    {
        stack.Push(first is StorageTag ? StorageTuple : NodeKind.Tuple);
        return null;
    }

    private string? LoadStorage()
    {
        if (!stack.Has(1))
        {
            return Underflow(PickleOpcode.BinPersId);
        }

        // The unpickler lets integers pass; torch.load then asks for a tuple that says 'storage'.
        if (stack.Take(1) is not StorageTuple)
        {
            return "BINPERSID refers to something else than a storage";
        }

        stack.Push(Other);
        return null;
    }

    private string? Get(long index)
    {
        if (memo.Find(index) is not { } kind)
        {
            return $"memo index {index} was never set";
        }

        stack.Push(kind);
        return null;
    }

    private string? Put(long index)
    {
        if (!stack.Has(1))
        {
            return "there is nothing to put into the memo";
        }

        memo.Set(index, stack.Top);
        return null;
    }

    private static string Underflow(PickleOpcode opcode) => $"{NameOf(opcode)} finds too little on the stack";

    /// <summary>The name that CPython's pickletools gives it.</summary>
    private static string NameOf(PickleOpcode opcode) => opcode switch
    {
        PickleOpcode.NewObjEx => "NEWOBJ_EX",
        PickleOpcode.PopMark => "POP_MARK",
        PickleOpcode.StackGlobal => "STACK_GLOBAL",
        PickleOpcode.ShortBinUnicode => "SHORT_BINUNICODE",
        PickleOpcode.ShortBinBytes => "SHORT_BINBYTES",
        PickleOpcode.NextBuffer => "NEXT_BUFFER",
        PickleOpcode.ReadonlyBuffer => "READONLY_BUFFER",
        _ => opcode.ToString().ToUpperInvariant(),
    };
}
