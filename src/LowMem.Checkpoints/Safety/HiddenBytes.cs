namespace LowMem.Checkpoints.Safety;

/// <summary>Bytes in which pickles may hide.</summary>
/// <param name="Content">The bytes.</param>
/// <param name="Where">Where they are, for a message: <c>record 'constants.pkl'</c>.</param>
/// <param name="IsPickle">
/// Whether something takes them for a pickle as they are. Then even a broken one counts, since Python runs what comes
/// before the break; in text that was only meant to be read, <c>cos</c>, <c>sin</c> on two lines is no danger.
/// </param>
internal sealed record HiddenBytes(ReadOnlyMemory<byte> Content, string Where, bool IsPickle);
