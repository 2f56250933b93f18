using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Scaled;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Memory;
using LowMem.Loader.Memory.Limits;
using LowMem.Loader.Modules;
using LowMem.Loader.Native;
using static TorchSharp.torch;

namespace LowMem.Loader.Import.Binding;

/// <summary>
/// Makes tensors of TorchSharp from single tensors of a checkpoint and parts of them, without a module: over the mapped file where
/// that is possible, else in memory of their own. Not for several threads.
/// </summary>
/// <remarks>Disposing of this object lets go of the files; a file stays mapped until the last tensor in it is disposed of.</remarks>
public sealed class TensorLoader : IDisposable
{
    private const int BlockBytes = 4 << 20;
    private const string Advice = "Choose a part with a slice, or free what is no longer used (Dispose, Move-ModuleToMeta).";

    private readonly TensorDataReader reader;
    private readonly MappedTensors mapped;

    /// <summary>Loads libtorch where that was not done; opens no file yet.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <exception cref="NativeLibraryNotFoundException">libtorch cannot be loaded.</exception>
    public TensorLoader(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        NativeLibraryLoader.EnsureLoaded();
        reader = new TensorDataReader(checkpoint);
        mapped = new MappedTensors(checkpoint.Files.DistinctBy(file => file.Path, StringComparer.Ordinal).ToDictionary(file => file.Path, StringComparer.Ordinal), static _ => { });
    }

    /// <summary>Makes a tensor. Its elements are those that are stored; where it is mapped, a write changes it and never the file.</summary>
    /// <param name="view">A part of a tensor of the checkpoint.</param>
    /// <param name="progress">Told how many bytes have been read; or null.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>The tensor, which is the caller's, on the CPU, in no dispose scope.</returns>
    /// <exception cref="CheckpointException">It cannot be read, libtorch has no such element type, or a file is gone or changed.</exception>
    /// <exception cref="ModelException">There is not enough memory.</exception>
    public Tensor Load(TensorView view, Action<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(view);
        var tensor = view.Tensor;
        if (tensor.UnreadableReason is { } reason)
        {
            throw Unsupported(tensor, reason);
        }

        if (ScalarTypes.Find(tensor.DType) is not { } type || DType.Get(tensor.DType) is { Kind: DTypeKind.Quantized } or { BitSize: < 8 })
        {
            string help = tensor.Quantization is null ? "Read it with -AsArray." : "Read it with -Dequantize, or with -AsArray.";
            throw Unsupported(tensor, $"TorchSharp has no tensors of type {tensor.DType} without more than their elements. {help}");
        }

        // To map one tensor of a file that is elsewhere, the whole would have to be fetched.
        if (view.ToStoredTensor() is { } part && FileTensors.AreUsable(part) && mapped.CountBytesToFetch([tensor.Path]) == 0)
        {
            var value = mapped.CreateView(part, type);
            progress?.Invoke(view.ByteLength);
            return Checked(value);
        }

        // What is repeated is read and kept once.
        var distinct = view;
        for (int i = 0; i < view.Shape.Count; i++)
        {
            distinct = view.Stride[i] == 0 && view.Shape[i] > 1 ? distinct.Narrow(i, 0, 1) : distinct;
        }

        int size = DType.Get(tensor.DType).ByteSize;
        var elements = Fill(tensor, [.. distinct.Shape], type, size, (place, bytes) => reader.Read(distinct, place, bytes, cancellationToken), progress, cancellationToken);
        using (elements)
        {
            using var expanded = elements.expand([.. view.Shape]);
            return Checked(TensorViews.Detach(expanded));
        }
    }

    /// <summary>Makes a float32 tensor of the numbers that codes and their scales stand for.</summary>
    /// <param name="view">A part of a tensor with scales.</param>
    /// <param name="progress">Told how many bytes of numbers have been made; or null.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>The tensor, which is the caller's, on the CPU, in no dispose scope.</returns>
    /// <exception cref="CheckpointException">It cannot be read, or a file is gone or changed.</exception>
    /// <exception cref="ModelException">There is not enough memory.</exception>
    public Tensor Load(ScaledView view, Action<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(view);
        var scaled = new ScaledReader(reader, view);
        return Checked(Fill(
            view.Tensor.Stored,
            [.. view.Shape],
            ScalarType.Float32,
            sizeof(float),
            (place, bytes) => scaled.Read(place / sizeof(float), System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes), cancellationToken),
            progress,
            cancellationToken));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        mapped.Dispose();
        reader.Dispose();
    }

    private delegate void ReadBytes(long place, Span<byte> bytes);

    private static unsafe Tensor Fill(
        TensorInfo tensor, long[] shape, ScalarType type, int size, ReadBytes read, Action<long>? progress, CancellationToken cancellationToken)
    {
        Int128 wanted = shape.Aggregate((Int128)size, (product, length) => product * length);
        long length = wanted > long.MaxValue ? long.MaxValue : (long)wanted;
        MemoryPressure.MakeRoom(length);
        string what = $"'{DisplayText.Name(tensor.Key)}'";
        if (AvailableMemory.GetLimit() is var limit && length > limit.Bytes - LoadMemory.Margin)
        {
            throw limit.CreateError(what, length, Advice);
        }

        Tensor value;
        try
        {
            value = HeapMemory.CreateTensor(shape, type, size);
        }
        catch (Exception error) when (MemoryErrors.IsOutOfMemory(error))
        {
            throw limit.CreateError(what, length, Advice, error);
        }

        try
        {
            nint address = length == 0 ? 0 : NativeTensors.AddressOf(value);
            for (long done = 0; done < length; done += BlockBytes)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int count = (int)Math.Min(BlockBytes, length - done);
                read(done, new Span<byte>((byte*)address + done, count));
                progress?.Invoke(done + count);
            }

            return value;
        }
        catch
        {
            value.Dispose();
            throw;
        }
    }

    /// <summary>What was read or mapped while somebody wrote to the file is neither the old nor the new.</summary>
    private Tensor Checked(Tensor value)
    {
        try
        {
            reader.CheckUnchanged();
            mapped.CheckUnchanged();
            return value;
        }
        catch
        {
            value.Dispose();
            throw;
        }
    }

    private static CheckpointException Unsupported(TensorInfo tensor, string reason) => new(
        CheckpointErrorIds.Unsupported, tensor.Path, $"'{DisplayText.Name(tensor.Key)}' becomes no tensor of TorchSharp: {reason}")
    {
        Record = tensor.Key,
    };
}
