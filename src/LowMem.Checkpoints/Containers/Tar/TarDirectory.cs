using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Containers.Tar;

/// <summary>
/// Finds the files of an uncompressed tar archive: POSIX ustar headers with the extended headers of pax, as Python's
/// tarfile writes them. Nothing is extracted.
/// </summary>
internal static class TarDirectory
{
    private const int BlockLength = 512;
    private const int MaxExtendedHeader = 1 << 20;
    private const int MaxMembers = 1 << 16;

    /// <summary>Whether a file starts like a tar archive.</summary>
    /// <param name="start">Its first bytes.</param>
    public static bool IsTar(ReadOnlySpan<byte> start) => start.Length >= 262 && start[257..].StartsWith("ustar"u8);

    /// <summary>Goes through the headers.</summary>
    /// <param name="file">The archive.</param>
    /// <param name="findings">Takes what is odd about it.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <param name="found">Takes the members as they are found, also when the archive turns out to be cut.</param>
    /// <exception cref="CheckpointException">A header is broken, or the archive ends inside a file.</exception>
    public static TarContents Read(
        RandomAccessSource file, List<CheckpointFinding> findings, CancellationToken cancellationToken, List<TarMember>? found = null)
    {
        var all = found ?? [];
        var members = new Dictionary<string, TarMember>(StringComparer.Ordinal);
        var extended = new Dictionary<string, string>(StringComparer.Ordinal);
        Span<byte> header = stackalloc byte[BlockLength];
        var slack = new List<TarMember>();
        bool hasEnd = false;
        long position = 0;
        for (int count = 0; position <= file.Length - BlockLength; count++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            file.Read(position, header, "a tar header");
            if (!header.ContainsAnyExcept((byte)0))
            {
                hasEnd = true;
                break;
            }

            if (count == MaxMembers || !HasRightChecksum(header))
            {
                throw Invalid(
                    file, position, count == MaxMembers ? $"it has more than {MaxMembers} members" : "the checksum of a header is wrong");
            }

            long content = position + BlockLength;
            char type = (char)header[156];
            long length = ReadSize(file, position, header[124..136], type == 'x' ? null : extended.GetValueOrDefault("size"));
            if (length > file.Length - content)
            {
                found?.Add(new TarMember(extended.GetValueOrDefault("path") ?? ReadName(header), content, length));
                throw Truncated(file, checked(content + length));
            }

            string shown = DisplayText.Name(extended.GetValueOrDefault("path") ?? ReadName(header));
            switch (type)
            {
                case 'x':
                    ReadExtendedHeader(file, content, length, extended);
                    break;
                case 'L' when length <= MaxExtendedHeader:
                    // How GNU tar writes names of more than 100 bytes: in front of the member, and cut short in its header.
                    extended["path"] = ReadText(file.ReadRange(content, length, "a long name"));
                    slack.Add(new TarMember($"the long name '{DisplayText.Name(extended["path"])}'", content, length));
                    break;
                case '0' or '\0' or '7':
                    var member = new TarMember(extended.GetValueOrDefault("path") ?? ReadName(header), content, length);
                    all.Add(member);
                    AddMember(members, member, findings);
                    extended.Clear();
                    break;
                default:
                    // Directories, links and devices have nothing to read.
                    slack.Add(new TarMember($"what belongs to member '{shown}' of type '{type}'", content, length));
                    extended.Clear();
                    break;
            }

            position = checked(content + ((length + BlockLength - 1) / BlockLength * BlockLength));
            long end = content + length;
            slack.Add(new TarMember($"what follows member '{shown}'", end, Math.Min(position, file.Length) - end));
        }

        slack.Add(new TarMember("what follows the members of the archive", position, Math.Max(0, file.Length - position)));
        return new TarContents(all, members, hasEnd) { Slack = slack };
    }

    private static void AddMember(
        Dictionary<string, TarMember> members, TarMember member, List<CheckpointFinding> findings)
    {
        if (!members.TryAdd(member.Name, member))
        {
            members[member.Name] = member;
            findings.Add(new CheckpointFinding(
                FindingSeverity.Error,
                FindingCodes.ArchiveEntryInvalid,
                null,
                member.Offset,
                $"the archive holds two members named '{DisplayText.Name(member.Name)}'; the last is used"));
        }
    }

    /// <summary>The sum of all bytes of the header, those of the sum itself taken for blanks.</summary>
    private static bool HasRightChecksum(ReadOnlySpan<byte> header)
    {
        long sum = 0;
        for (int i = 0; i < header.Length; i++)
        {
            sum += i is >= 148 and < 156 ? (byte)' ' : header[i];
        }

        return ParseOctal(header[148..156]) == sum;
    }

    private static string ReadName(ReadOnlySpan<byte> header)
    {
        string name = ReadText(header[..100]);
        string prefix = ReadText(header[345..500]);
        return prefix.Length == 0 ? name : $"{prefix}/{name}";
    }

    private static string ReadText(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    private static long ReadSize(RandomAccessSource file, long position, ReadOnlySpan<byte> field, string? extended)
    {
        long? size;
        if (extended is not null)
        {
            size = long.TryParse(extended, System.Globalization.CultureInfo.InvariantCulture, out long value) ? value : null;
        }
        else if ((field[0] & 0x80) != 0)
        {
            // Sizes above 8 GiB: a binary number behind a marked byte.
            long value64 = System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(field[4..]);
            size = field[1..4].ContainsAnyExcept((byte)0) ? null : value64;
        }
        else
        {
            size = ParseOctal(field);
        }

        return size is >= 0 ? size.Value : throw Invalid(file, position, "the size of a member is no number");
    }

    private static long? ParseOctal(ReadOnlySpan<byte> field)
    {
        long value = 0;
        foreach (byte digit in field.Trim(" \0"u8))
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return null;
            }

            value = (value * 8) + (digit - '0');
        }

        return value;
    }

    /// <summary>Lines of <c>LENGTH KEY=VALUE\n</c>, in which the length counts the whole line.</summary>
    private static void ReadExtendedHeader(
        RandomAccessSource file, long offset, long length, Dictionary<string, string> extended)
    {
        if (length > MaxExtendedHeader)
        {
            throw Invalid(file, offset, $"an extended header has {length} bytes, more than the {MaxExtendedHeader} read here");
        }

        ReadOnlySpan<byte> rest = file.ReadRange(offset, length, "an extended tar header");
        while (rest.IndexOf((byte)' ') is > 0 and var blank)
        {
            if (!int.TryParse(rest[..blank], System.Globalization.CultureInfo.InvariantCulture, out int lineLength)
                || lineLength <= blank + 1
                || lineLength > rest.Length)
            {
                throw Invalid(file, offset, "a line of an extended header has a wrong length");
            }

            var line = rest[(blank + 1)..lineLength].TrimEnd((byte)'\n');
            int equals = line.IndexOf((byte)'=');
            if (equals > 0)
            {
                extended[Encoding.UTF8.GetString(line[..equals])] = Encoding.UTF8.GetString(line[(equals + 1)..]);
            }

            rest = rest[lineLength..];
        }
    }

    private static CheckpointException Truncated(RandomAccessSource file, long end) => new(
        CheckpointErrorIds.Truncated, file.Name, $"truncated: {file.Length} of at least {end} bytes. Get the file again.")
    {
        Offset = file.Length,
    };

    private static CheckpointException Invalid(RandomAccessSource file, long offset, string what) =>
        new(CheckpointErrorIds.FormatInvalid, file.Name, $"broken tar archive: {what} (byte {offset}).") { Offset = offset };
}

/// <summary>The files of a tar archive.</summary>
/// <param name="All">All of them, in the order of the archive.</param>
/// <param name="ByName">Each name once. Of two files with one name the later counts, as in every tar.</param>
/// <param name="HasEnd">Whether the empty block is there that ends every archive.</param>
internal sealed record TarContents(IReadOnlyList<TarMember> All, IReadOnlyDictionary<string, TarMember> ByName, bool HasEnd)
{
    /// <summary>Parts of the archive that are in no file: each goes by what it is, for a message.</summary>
    public required IReadOnlyList<TarMember> Slack { get; init; }
}

/// <summary>A file in a tar archive.</summary>
/// <param name="Name">Its name; never used as a path.</param>
/// <param name="Offset">Where its content starts in the archive.</param>
/// <param name="Length">The bytes of content.</param>
internal sealed record TarMember(string Name, long Offset, long Length)
{
    public long End => Offset + Length;
}
