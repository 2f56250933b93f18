using LowMem.Checkpoints.Containers.Zip;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Archives;

/// <summary>An archive of files, some of which may be checkpoints: zip, tar, or tar in gzip. Nothing is ever extracted.</summary>
internal abstract class OuterArchive(RandomAccessSource file)
{
    /// <summary>The archive, or what it was unfolded to.</summary>
    public RandomAccessSource File { get; } = file;

    /// <summary>Opens a file as an archive.</summary>
    /// <returns>Null when it is none.</returns>
    /// <exception cref="CheckpointException">It is one, and broken, or too large to be unfolded.</exception>
    public static OuterArchive? TryOpen(RandomAccessSource file, CancellationToken cancellationToken)
    {
        if (GzipFile.IsGzip(file))
        {
            var content = GzipFile.Unfold(file, cancellationToken);
            return ContentDetector.Detect(content) == ContentKind.Tar ? new TarOuterArchive(content, cancellationToken) : null;
        }

        return ContentDetector.Detect(file) switch
        {
            ContentKind.Zip => new ZipOuterArchive(ZipDirectoryReader.Read(file, cancellationToken)),
            ContentKind.Tar => new TarOuterArchive(file, cancellationToken),
            _ => null,
        };
    }

    /// <summary>The files in it, in the order of the archive.</summary>
    public abstract IEnumerable<ArchiveMember> Members { get; }

    /// <summary>What is odd about the archive.</summary>
    public abstract IReadOnlyList<CheckpointFinding> Findings { get; }

    /// <summary>The content of a file in it: in place where it is stored, unfolded into memory where it is compressed.</summary>
    /// <exception cref="CheckpointException">It is encrypted, broken, or unfolds to too much.</exception>
    public abstract RandomAccessSource Open(ArchiveMember member);

    /// <summary>The first bytes of a file in it.</summary>
    public abstract byte[] ReadStart(ArchiveMember member, int length);

    /// <summary>What else could hide pickles in it.</summary>
    public abstract IEnumerable<HiddenBytes> ReadOthers(ArchiveMember member);

    /// <summary>The file of a name; a leading <c>./</c> is of no account. Null when there is none.</summary>
    /// <exception cref="CheckpointException">There are several: programs differ in which one they take.</exception>
    public ArchiveMember? Find(string name)
    {
        var exact = Members.Where(member => member.Name == name).Take(2).ToList();
        if (exact.Count == 0)
        {
            string wanted = Normalize(name);
            exact = [.. Members.Where(member => Normalize(member.Name) == wanted).Take(2)];
        }

        return exact switch
        {
            [] => null,
            [var only] => only,
            _ => throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid,
                File.Name,
                $"the archive holds two files named '{DisplayText.Name(name)}', and programs differ in which one they take. Unpack it, and name the file that is meant."),
        };
    }

    /// <summary>The name as people write it: without <c>./</c> in front, and with slashes.</summary>
    public static string Normalize(string name)
    {
        string plain = name.Replace('\\', '/');
        while (plain.StartsWith("./", StringComparison.Ordinal))
        {
            plain = plain[2..];
        }

        return plain;
    }
}

/// <summary>A file in an archive.</summary>
/// <param name="Number">Its place in the order of the archive, from 0.</param>
/// <param name="Name">Its name; never used as a path.</param>
/// <param name="Length">The bytes of its content, as the archive says.</param>
internal sealed record ArchiveMember(int Number, string Name, long Length);
