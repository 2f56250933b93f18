using System.Buffers.Binary;
using System.Numerics;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Pickle;

/// <summary>Reads opcodes and their arguments; every length is checked against what is left before it is used.</summary>
internal sealed class PickleCursor(IPickleInput input, PickleSource source)
{
    /// <summary>The longest integer taken, in bytes: far above any number a checkpoint holds.</summary>
    private const int MaxIntegerBytes = 1 << 13;

    /// <summary>The end of the frame where there is none.</summary>
    public const long NoFrame = long.MaxValue;

    // An array, since getting at the span of a memory costs more than most opcodes.
    private ArraySegment<byte> window = ArraySegment<byte>.Empty;
    private long windowStart;
    private int position;

    /// <summary>Where the next byte is read, from the start of the pickle.</summary>
    public long Position => windowStart + position;

    /// <summary>Where the frame ends that the cursor is in; beyond every place when it is in none.</summary>
    public long FrameEnd { get; private set; } = NoFrame;

    /// <summary>How many bytes are left.</summary>
    public long Left => input.Length - Position;

    public bool IsInFrame => FrameEnd != NoFrame;

    public bool AtEnd => position >= window.Count && Position >= input.Length;

    public byte ReadByte() => position < window.Count ? window.Array![window.Offset + position++] : Take(1)[0];

    /// <summary>Passes over bytes, which need not be read for it.</summary>
    public void Skip(long length)
    {
        if (length <= window.Count - position)
        {
            position += (int)length;
        }
        else if (length > input.Length - Position)
        {
            throw PastEnd((ulong)length);
        }
        else
        {
            MoveTo(Position + length);
        }
    }

    /// <summary>Goes on at a place, ahead or back.</summary>
    public void MoveTo(long place)
    {
        if (place >= windowStart && place - windowStart <= window.Count)
        {
            position = (int)(place - windowStart);
        }
        else
        {
            window = ArraySegment<byte>.Empty;
            (windowStart, position) = (place, 0);
        }
    }

    public int ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public double ReadBigEndianDouble() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>An unsigned 64-bit length; one that no array could have is reported as running past the end.</summary>
    public long ReadUInt64Length()
    {
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
        return value <= long.MaxValue ? (long)value : throw PastEnd(value);
    }

    public ReadOnlySpan<byte> Take(long length)
    {
        Require(length);
        var taken = window.AsSpan(position, (int)length);
        position += (int)length;
        return taken;
    }

    /// <summary>Checks that so many bytes are left.</summary>
    /// <exception cref="CheckpointException">They are not.</exception>
    public void Require(long length)
    {
        if (length < 0)
        {
            throw Invalid($"a length is negative ({length})");
        }

        if (IsInFrame && length > FrameEnd - Position)
        {
            throw CrossesFrame();
        }

        if (length > window.Count - position)
        {
            MoveWindow(length);
        }
    }

    /// <summary>Leaves the frame when the cursor is at its end, which has to be between two opcodes.</summary>
    /// <exception cref="CheckpointException">The opcode before ran over the end of the frame.</exception>
    public void LeaveFrame()
    {
        if (Position > FrameEnd)
        {
            throw CrossesFrame();
        }

        if (Position == FrameEnd)
        {
            FrameEnd = NoFrame;
        }
    }

    /// <summary>Begins a frame at the argument of FRAME; false when more bytes are announced than are left.</summary>
    /// <exception cref="CheckpointException">The last frame has not ended.</exception>
    public bool TryBeginFrame()
    {
        if (IsInFrame)
        {
            throw Unsafe("a frame begins before the frame around it ends");
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));
        if (length > (ulong)(input.Length - Position))
        {
            return false;
        }

        // An empty frame has no end that anything could cross.
        FrameEnd = length == 0 ? NoFrame : Position + (long)length;
        return true;
    }

    /// <summary>What comes next, without passing over it: as many bytes, or as the frame or the pickle still has; or more.</summary>
    public ReadOnlySpan<byte> Peek(int length)
    {
        long wanted = Math.Min(length, Left);
        if (wanted > window.Count - position)
        {
            MoveWindow(wanted);
        }

        var next = window.AsSpan(position);
        return next.Length > FrameEnd - Position ? next[..(int)Math.Max(0, FrameEnd - Position)] : next;
    }

    public BigInteger ReadInteger(long length)
    {
        if (length > MaxIntegerBytes)
        {
            throw Invalid($"an integer of {length} bytes is more than the {MaxIntegerBytes} read here");
        }

        return new BigInteger(Take(length));
    }

    /// <summary>The bytes up to the next line feed, which is consumed and not returned.</summary>
    public ReadOnlySpan<byte> ReadLine()
    {
        while (true)
        {
            ReadOnlySpan<byte> rest = window.AsSpan(position);
            int end = rest.IndexOf((byte)'\n');
            if (end >= 0)
            {
                if (end >= FrameEnd - Position)
                {
                    throw CrossesFrame();
                }

                position += end + 1;
                return rest[..end];
            }

            long left = input.Length - Position;
            if (rest.Length >= FrameEnd - Position)
            {
                throw CrossesFrame();
            }

            if (rest.Length == left)
            {
                throw PastEnd((ulong)left + 1, "the pickle ends inside a line");
            }

            MoveWindow(Math.Min(left, (2L * rest.Length) + 1));
        }
    }

    public CheckpointException Invalid(string message) =>
        source.Error(CheckpointErrorIds.FormatInvalid, Position, message);

    /// <summary>The error for bytes that two versions of Python read in two ways.</summary>
    public CheckpointException Unsafe(string message) => source.Error(
        CheckpointErrorIds.Unsafe, Position, $"{message}, so that versions of Python read different pickles from these bytes,");

    private CheckpointException CrossesFrame() => Unsafe($"an opcode or its argument runs over the end of its frame at {FrameEnd}");

    private void MoveWindow(long atLeast)
    {
        if (atLeast > input.Length - Position)
        {
            throw PastEnd((ulong)atLeast);
        }

        windowStart = Position;
        position = 0;
        window = input.Read(windowStart, atLeast);
    }

    private CheckpointException PastEnd(ulong length) =>
        PastEnd(length, $"{length} bytes are announced but only {input.Length - Position} are left");

    /// <summary>The error for a pickle that ends before so many more bytes.</summary>
    public CheckpointException PastEnd(ulong length, string message) =>
        source.EndError(Position, input.Length, (UInt128)Position + length, message);
}
