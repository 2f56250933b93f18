using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>A name of the form <c>hf://owner/repo[@revision][/file]</c>, as Hugging Face's own file system has it.</summary>
/// <param name="Kind">Empty for models; else <c>datasets/</c> or <c>spaces/</c>.</param>
/// <param name="Owner">The user or organisation.</param>
/// <param name="Repository">The repository.</param>
/// <param name="Revision">A branch, tag or commit; null for the main branch.</param>
/// <param name="File">The file in the repository; empty for the repository itself.</param>
internal sealed record HubPath(string Kind, string Owner, string Repository, string? Revision, string File)
{
    public const string Scheme = "hf://";

    private const string DefaultRevision = "main";

    /// <summary>What stands in front of the owner, where it does.</summary>
    private static readonly string[] Kinds = ["datasets/", "spaces/", "models/"];

    /// <summary>The repository and its revision.</summary>
    public string Root => $"{Scheme}{Kind}{Owner}/{Repository}{(Revision is null ? string.Empty : "@" + Uri.EscapeDataString(Revision))}";

    public static bool IsOne(string text) => text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <exception cref="CheckpointException">The text is none.</exception>
    public static HubPath Parse(string text)
    {
        string rest = text[Scheme.Length..];
        string kind = Kinds.FirstOrDefault(each => rest.StartsWith(each, StringComparison.Ordinal)) ?? string.Empty;
        rest = rest[kind.Length..];
        int end = rest.IndexOf('/', StringComparison.Ordinal);
        if (end <= 0)
        {
            throw Refuse(text, "it has the form hf://owner/repo[@revision][/file]");
        }

        string owner = rest[..end];
        rest = rest[(end + 1)..];
        end = rest.IndexOfAny(['/', '@']);
        string repository = end < 0 ? rest : rest[..end];
        rest = end < 0 ? string.Empty : rest[end..];
        string? revision = null;
        if (rest.StartsWith('@'))
        {
            (revision, rest) = SplitRevision(rest[1..]);
        }

        string file = rest.TrimStart('/').TrimEnd('/');
        if (!IsPart(owner) || !IsPart(repository) || (revision is not null && !IsRevision(revision)))
        {
            throw Refuse(text, "its owner, repository or revision has letters that none has");
        }

        if (file.Length > 0 && file.Split('/').Any(part => part is "" or "." or ".." || part.Any(letter => letter == '\\' || char.IsControl(letter))))
        {
            throw Refuse(text, "its file is no name in a repository");
        }

        return new HubPath(kind == "models/" ? string.Empty : kind, owner, repository, revision, file);
    }

    /// <summary>Where the hub has the file.</summary>
    /// <param name="endpoint">The address of the hub, without a slash at its end.</param>
    public Uri ToUri(string endpoint)
    {
        string file = string.Join('/', File.Split('/').Select(Uri.EscapeDataString));
        return new Uri($"{endpoint}/{Kind}{Owner}/{Repository}/resolve/{Uri.EscapeDataString(Revision ?? DefaultRevision)}/{file}");
    }

    public override string ToString() => File.Length == 0 ? Root : $"{Root}/{File}";

    /// <summary>References of the hub itself have slashes; in other revisions they are written as <c>%2F</c>.</summary>
    private static (string Revision, string Remainder) SplitRevision(string text)
    {
        string[] parts = text.Split('/');
        int count = parts is ["refs", "convert" or "pr", _, ..] ? 3 : 1;
        return (Uri.UnescapeDataString(string.Join('/', parts.Take(count))), string.Join('/', parts.Skip(count)));
    }

    private static bool IsPart(string text) =>
        text is not ("" or "." or "..") && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    private static bool IsRevision(string text) =>
        text.Length > 0 && !text.Split('/').Any(part => part is "" or "." or "..") && !text.Any(letter => letter is '\\' or '?' or '#' || char.IsControl(letter));

    private static CheckpointException Refuse(string text, string why) => RemoteErrors.Invalid(text, $"this is no name of the hub: {why}");
}
