namespace LowMem.Checkpoints.Pickle;

/// <summary>One step of a <see cref="PicklePattern"/>: an opcode, or what is different each time.</summary>
internal enum PickleStep : byte
{
    Mark = (byte)PickleOpcode.Mark,
    Tuple = (byte)PickleOpcode.Tuple,
    EmptyTuple = (byte)PickleOpcode.EmptyTuple,
    Reduce = (byte)PickleOpcode.Reduce,
    PersistentId = (byte)PickleOpcode.BinPersId,

    /// <summary>Fetches a node from the memo.</summary>
    Node = 1,

    /// <summary>A text that is a number from 0 up, as a number is written.</summary>
    Digits = 2,

    /// <summary>A number from 0 up.</summary>
    Number = 3,

    /// <summary>A tuple of numbers from 0 up: first how many, then each.</summary>
    Numbers = 4,

    /// <summary>A boolean, as 0 or 1.</summary>
    Flag = 5,
}

/// <summary>
/// What opcodes a call is made of, from behind the name of the function to its REDUCE: the one description by which
/// <see cref="PickleRun"/> reads such calls and by which their nodes are made when somebody asks for them.
/// </summary>
internal sealed class PicklePattern
{
    private readonly PickleStep[] steps;

    public PicklePattern(params PickleStep[] steps)
    {
        this.steps = steps;
        NodeCount = steps.Count(step => step == PickleStep.Node);
        FixedCost = FindFixedCost();
    }

    public ReadOnlySpan<PickleStep> Steps => steps;

    /// <summary>How many nodes it leaves open.</summary>
    public int NodeCount { get; }

    /// <summary>What the budget of <see cref="PickleHeap"/> is charged for the steps that are always the same.</summary>
    public long FixedCost { get; }

    /// <summary>The call, as nodes.</summary>
    /// <param name="name">The function.</param>
    /// <param name="nodes">The nodes that the pattern leaves open, in order.</param>
    /// <param name="numbers">The numbers that it leaves open.</param>
    public PickleObject Build(PickleGlobal name, ReadOnlySpan<PickleNode> nodes, ReadOnlySpan<long> numbers)
    {
        var stack = new List<PickleNode> { name };
        var marks = new Stack<int>();
        foreach (var step in steps)
        {
            switch (step)
            {
                case PickleStep.Mark:
                    marks.Push(stack.Count);
                    continue;
                case PickleStep.Tuple:
                    int mark = marks.Pop();
                    var items = stack[mark..];
                    stack.RemoveRange(mark, items.Count);
                    stack.Add(new PickleSequence(PickleSequenceKind.Tuple, [.. items]));
                    continue;
                case PickleStep.Reduce:
                    stack[^2] = new PickleCall(stack[^2], stack[^1]);
                    stack.RemoveAt(stack.Count - 1);
                    continue;
                case PickleStep.PersistentId:
                    stack[^1] = new PicklePersistentId(stack[^1]);
                    continue;
                case PickleStep.EmptyTuple:
                    stack.Add(PickleSequence.EmptyTuple);
                    continue;
                case PickleStep.Node:
                    stack.Add(nodes[0]);
                    nodes = nodes[1..];
                    continue;
                case PickleStep.Numbers:
                    int count = (int)numbers[0];
                    stack.Add(new PickleSequence(
                        PickleSequenceKind.Tuple, Array.ConvertAll(numbers[1..(count + 1)].ToArray(), number => (PickleNode)PickleScalar.Of(number))));
                    numbers = numbers[(count + 1)..];
                    continue;
                case PickleStep.Digits:
                    stack.Add(PickleScalar.OfDigits(numbers[0]));
                    break;
                case PickleStep.Number:
                    stack.Add(PickleScalar.Of(numbers[0]));
                    break;
                case PickleStep.Flag:
                    stack.Add(PickleScalar.Of(numbers[0] != 0));
                    break;
            }

            numbers = numbers[1..];
        }

        return (PickleObject)stack[0];
    }

    private long FindFixedCost()
    {
        int depth = 0;
        long cost = 0;
        var marks = new Stack<int>();
        foreach (var step in steps)
        {
            switch (step)
            {
                case PickleStep.Mark:
                    marks.Push(depth);
                    cost += PickleHeap.SlotCost;
                    continue;
                case PickleStep.Tuple:
                    cost += PickleHeap.TupleCost(depth - marks.Peek());
                    depth = marks.Pop();
                    break;
                case PickleStep.EmptyTuple:
                    cost += PickleHeap.SlotCost;
                    break;
                case PickleStep.Reduce:
                    cost += PickleHeap.SlotCost + PickleHeap.NodeCost;
                    depth -= 2;
                    break;
                case PickleStep.PersistentId:
                    cost += PickleHeap.NodeCost;
                    depth--;
                    break;
            }

            depth++;
        }

        return cost;
    }
}
