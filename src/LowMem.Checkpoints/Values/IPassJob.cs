namespace LowMem.Checkpoints.Values;

/// <summary>What is done in a pass beside handing over blocks.</summary>
internal interface IPassJob
{
    /// <param name="reader">Holds the files open.</param>
    /// <param name="done">Told the bytes of each block that has been dealt with.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    void Run(TensorDataReader reader, Action<long> done, CancellationToken cancellationToken);
}
