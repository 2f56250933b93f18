using System.Text;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Safety;

/// <summary>
/// Looks for pickles where none need be: behind the STOP of the first one, in texts and bytes inside it, in other
/// records of an archive. Each is read as inertly as the first. The work is bounded by a multiple of the bytes given.
/// </summary>
internal sealed class HiddenPickleScanner
{
    /// <summary>What one hidden pickle may unfold to: names are looked for in it, not weights.</summary>
    private const long MemoryBudget = 16 << 20;

    /// <summary>How deep pickles in pickles are followed.</summary>
    private const int MaxNesting = 32;

    /// <summary>No pickle with fewer bytes names anything.</summary>
    private const int MinLength = 6;

    /// <summary>An attempt that fails at once costs about as much as reading so many bytes.</summary>
    private const int AttemptCost = 256;

    /// <summary>No module of Python has a longer name; a longer line is text.</summary>
    private const int MaxNameLength = 256;

    private readonly CancellationToken cancellationToken;
    private readonly Queue<(HiddenBytes Bytes, int Nesting)> queue = new();
    private readonly Dictionary<string, NamedGlobal> named = new(StringComparer.Ordinal);
    private long workLeft;

    private HiddenPickleScanner(CancellationToken cancellationToken) => this.cancellationToken = cancellationToken;

    /// <summary>Whether everything was looked at; a file made to exhaust the scanner leaves some of it unseen.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>Why the file is refused: a pickle in it that versions of Python read in two ways. Null when there is none.</summary>
    public string? Refusal { get; private set; }

    /// <summary>What was named, each once.</summary>
    public IReadOnlyCollection<NamedGlobal> Named => named.Values;

    public static HiddenPickleScanner Scan(IEnumerable<HiddenBytes> places, CancellationToken cancellationToken)
    {
        var scanner = new HiddenPickleScanner(cancellationToken);
        foreach (var place in places)
        {
            scanner.workLeft += (1 << 16) + (4L * place.Content.Length);
            scanner.queue.Enqueue((place, 0));
            scanner.Drain();
        }

        return scanner;
    }

    private void Drain()
    {
        while (queue.TryDequeue(out var next))
        {
            ScanOne(next.Bytes, next.Nesting);
        }
    }

    private void ScanOne(HiddenBytes place, int nesting)
    {
        var rest = place.Content;
        if (rest.Length < MinLength)
        {
            return;
        }

        // Protocols 0 and 1 have no PROTO: at the very start any opcode may begin a pickle.
        if (rest.Span[0] != (byte)PickleOpcode.Proto)
        {
            TryRead(rest, place, nesting);
        }

        FindTextPickles(place, nesting);
        Unwrap(place, nesting);
        while (PicklePayload.FindProto(rest.Span) is >= 0 and int start)
        {
            if (workLeft < 0)
            {
                IsComplete = false;
                return;
            }

            rest = rest[start..];
            rest = rest[TryRead(rest, place with { IsPickle = true }, nesting)..];
        }
    }

    /// <summary>Reads what may be a pickle; returns how many bytes need no second look.</summary>
    private int TryRead(ReadOnlyMemory<byte> bytes, HiddenBytes place, int nesting)
    {
        var source = new PickleSource(string.Empty, place.Where, -1, MemoryBudget);
        var pickle = PickleMachine.Read(bytes, source, cancellationToken);
        workLeft -= pickle.ByteLength + AttemptCost;
        bool isWhole = pickle.IsWhole;
        bool isAll = place.IsPickle && bytes.Length == place.Content.Length;
        bool isMeant = isWhole && (pickle.Globals.Count > 0 || pickle.ByteLength == place.Content.Length);
        if (pickle.BreaksFrames && (isAll || isMeant || pickle.EndsFrameWrongly))
        {
            Refusal ??= pickle.Error!.Detail;
        }

        var globals = GlobalUse.Of(pickle, place.Where).ToList();
        bool isNamed = bytes.Length == place.Content.Length || globals.Exists(global => PickleGlobal.IsName(global.Name));
        foreach (var global in globals)
        {
            if ((isWhole && (isNamed || global.CalledBy is not null)) || (place.IsPickle && CountsWhenBroken(global, isAll && bytes.Span[0] == (byte)PickleOpcode.Proto)))
            {
                named.TryAdd(global.Name, global);
            }
        }

        foreach (var payload in pickle.Payloads)
        {
            if (nesting == MaxNesting || workLeft < 0)
            {
                IsComplete = false;
                break;
            }

            var content = PicklePayload.GetBytes(payload);
            queue.Enqueue((new HiddenBytes(content, place.Where, IsPickle: false), nesting + 1));
        }

        return isWhole ? (int)pickle.ByteLength : 2;
    }

    /// <summary>
    /// Whether a name counts although its pickle breaks. Python runs what comes before the break; but bytes of tensors begin
    /// like a pickle once in eleven thousand, and then "name" what they like. What is dangerous counts, with a name that
    /// stands there. (Even whole pickles come by chance, as PROTO, EXT1, STOP: what has no name counts in those only where
    /// it is called, beside a name, or where the bytes begin.) Anything else has to look like a name of Python, and to be called, or be in what begins with PROTO
    /// and is a pickle as a whole.
    /// </summary>
    private static bool CountsWhenBroken(NamedGlobal global, bool isPickle) => PickleGlobal.IsName(global.Name)
        && (global.IsDangerous || ((isPickle || global.CalledBy is not null) && IsPythonName(global.Name)));

    private static bool IsPythonName(string name) => name.Split('.').All(
        part => part.Length > 0 && !char.IsAsciiDigit(part[0]) && part.All(character => char.IsLetterOrDigit(character) || character == '_'));

    /// <summary>Looks into members of archives inside the bytes, and into text that decodes to a pickle.</summary>
    private void Unwrap(HiddenBytes place, int nesting)
    {
        // The bytes may be only the mapping of a value: each wrapping costs what it unfolds to.
        foreach (byte[]? member in NestedArchives.Unfold(place.Content, () => Math.Max(0, workLeft)))
        {
            workLeft -= AttemptCost + (member?.Length ?? 0);
            Enqueue(member, place with { Where = $"an archive in {place.Where}" }, nesting);
        }

        foreach (byte[] decoded in EncodedPickles.Decode(place.Content))
        {
            workLeft -= AttemptCost + decoded.Length;
            Enqueue(decoded, place with { Where = $"encoded text in {place.Where}", IsPickle = false }, nesting);
        }
    }

    private void Enqueue(byte[]? content, HiddenBytes place, int nesting)
    {
        if (content is null || nesting == MaxNesting || workLeft < 0)
        {
            IsComplete = false;
        }
        else
        {
            queue.Enqueue((place with { Content = content }, nesting + 1));
        }
    }

    /// <summary>
    /// Pickles of protocol 0 behind something else: they begin with a GLOBAL in text form, <c>cos\nsystem\n</c>. Tried
    /// only where the name is dangerous, so that ordinary text costs nothing.
    /// </summary>
    private void FindTextPickles(HiddenBytes place, int nesting)
    {
        var bytes = place.Content.Span;
        int lineStart = 0;
        while (bytes[lineStart..].IndexOf((byte)'\n') is >= 0 and int length)
        {
            int lineEnd = lineStart + length;
            lineStart = lineEnd + 1;
            var next = bytes[lineStart..];
            int nameLength = next[..Math.Min(next.Length, MaxNameLength)].IndexOf((byte)'\n');
            if (nameLength > 0 && IsName(next[..nameLength]))
            {
                TryGlobalsBefore(place, lineEnd, Encoding.ASCII.GetString(next[..nameLength]), nesting);
            }
        }
    }

    /// <summary>The opcode stands somewhere in front of the line's end, and what is between is the module.</summary>
    private void TryGlobalsBefore(HiddenBytes place, int lineEnd, string member, int nesting)
    {
        var bytes = place.Content.Span;
        for (int i = lineEnd - 1; i > Math.Max(0, lineEnd - MaxNameLength) && IsNamePart(bytes[i]); i--)
        {
            if (bytes[i - 1] != (byte)PickleOpcode.Global || !IsDangerous(Encoding.ASCII.GetString(bytes[i..lineEnd]), member))
            {
                continue;
            }

            if (workLeft < 0)
            {
                IsComplete = false;
                return;
            }

            TryRead(place.Content[(i - 1)..], place with { IsPickle = false }, nesting);
        }
    }

    private static bool IsDangerous(string module, string member) =>
        GlobalClassifier.Classify(new PickleGlobal(module, member)) == GlobalRisk.Dangerous;

    private static bool IsName(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            if (!IsNamePart(value))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsNamePart(byte value) =>
        char.IsAsciiLetterOrDigit((char)value) || value is (byte)'_' or (byte)'.';
}

/// <summary>Bytes in which pickles may hide.</summary>
/// <param name="Content">The bytes.</param>
/// <param name="Where">Where they are, for a message: <c>record 'constants.pkl'</c>.</param>
/// <param name="IsPickle">
/// Whether something takes them for a pickle as they are. Then even a broken one counts, since Python runs what comes
/// before the break; in text that was only meant to be read, <c>cos</c>, <c>sin</c> on two lines is no danger.
/// </param>
internal sealed record HiddenBytes(ReadOnlyMemory<byte> Content, string Where, bool IsPickle);
