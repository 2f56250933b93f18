namespace LowMem.Checkpoints.Containers.Zip;

/// <summary>
/// A central directory as it stands in the file, in pieces that each begin with an entry, and the place of every entry. In
/// one piece it would be the largest object of a listing, which the runtime frees last.
/// </summary>
/// <param name="count">How many entries there are going to be.</param>
internal sealed class ZipEntryPlaces(int count)
{
    /// <summary>The bytes of a piece, except where a single entry has more.</summary>
    public const int PieceLength = 1 << PositionBits;

    private const int PositionBits = 16;

    private readonly List<byte[]> pieces = [];

    /// <summary>The number of the piece, and the position in it.</summary>
    private readonly int[] places = new int[count];

    public int Count { get; private set; }

    public ZipEntry this[int number] => new(
        pieces[places[number] >> PositionBits], places[number] & (PieceLength - 1), number);

    /// <summary>Begins a piece; entries are added from it until the next one.</summary>
    public void AddPiece(byte[] piece) => pieces.Add(piece);

    /// <summary>Adds an entry of the last piece, which has been checked to be whole.</summary>
    public void AddEntry(int position) => places[Count++] = checked(((pieces.Count - 1) * PieceLength) + position);
}
