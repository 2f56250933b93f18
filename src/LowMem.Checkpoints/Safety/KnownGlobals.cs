using System.Collections.Frozen;

namespace LowMem.Checkpoints.Safety;

/// <summary>
/// PyTorch's default allowlist (<c>torch/_weights_only_unpickler.py</c>) but for dtypes and storage classes, and the
/// plain data types that training scripts save. Compared exactly.
/// </summary>
internal static class KnownGlobals
{
    public static readonly FrozenSet<string> Names = new[]
    {
        "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer", "torch.nn.parameter.UninitializedParameter",
        "torch.nn.parameter.UninitializedBuffer", "torch.Size", "torch.Tensor", "torch.device", "torch.Generator",
        "torch.serialization._get_layout", "torch._utils._rebuild_tensor",
        "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3", "torch._utils._rebuild_parameter",
        "torch._utils._rebuild_parameter_with_state", "torch._utils._rebuild_qtensor",
        "torch._utils._rebuild_sparse_tensor", "torch._utils._rebuild_sparse_csr_tensor",
        "torch._utils._rebuild_meta_tensor_no_storage", "torch._utils._rebuild_nested_tensor",
        "torch._utils._rebuild_wrapper_subclass", "torch._utils._rebuild_device_tensor_from_numpy",
        "torch._utils._rebuild_device_tensor_from_cpu_tensor", "torch._tensor._rebuild_from_type_v2",
        "torch._tensor._rebuild_from_type", "torch.per_tensor_affine", "torch.per_channel_affine",
        "torch.per_tensor_symmetric", "torch.per_channel_symmetric", "torch.per_channel_affine_float_qparams",
        "torch.strided", "torch.sparse_coo", "torch.sparse_csr", "torch.sparse_csc", "torch.sparse_bsr",
        "torch.sparse_bsc", "torch.contiguous_format", "torch.preserve_format", "torch.channels_last",
        "torch.channels_last_3d",
        "_codecs.encode", "builtins.bool", "builtins.bytearray", "builtins.bytes", "builtins.complex", "builtins.dict",
        "builtins.float", "builtins.frozenset", "builtins.int", "builtins.list", "builtins.object", "builtins.range",
        "builtins.set", "builtins.slice", "builtins.str", "builtins.tuple", "builtins.xrange", "argparse.Namespace",
        "collections.Counter", "collections.OrderedDict", "collections.defaultdict", "collections.deque", "copyreg.__newobj__",
        "copyreg.__newobj_ex__", "copyreg._reconstructor", "datetime.date", "datetime.datetime", "datetime.time",
        "datetime.timedelta", "datetime.timezone", "decimal.Decimal", "fractions.Fraction", "optparse.Values",
        "pathlib.Path", "pathlib.PosixPath", "pathlib.PurePath", "pathlib.PurePosixPath", "pathlib.PureWindowsPath",
        "pathlib.WindowsPath", "pathlib._local.Path", "pathlib._local.PosixPath", "pathlib._local.PurePath",
        "pathlib._local.PurePosixPath", "pathlib._local.PureWindowsPath", "pathlib._local.WindowsPath", "random.Random",
        "types.SimpleNamespace", "uuid.UUID", "uuid.SafeUUID", "zoneinfo.ZoneInfo", "zoneinfo.ZoneInfo._unpickle",
        "numpy.core.multiarray._reconstruct", "numpy.core.multiarray.scalar", "numpy._core.multiarray._reconstruct",
        "numpy._core.multiarray.scalar", "numpy._core.numeric._frombuffer", "numpy.core.numeric._frombuffer",
        "numpy.ndarray", "numpy.dtype", "numpy.random._pickle.__randomstate_ctor", "numpy.random._pickle.__generator_ctor",
        "numpy.random._pickle.__bit_generator_ctor", "numpy.random._mt19937.MT19937", "numpy.random._pcg64.PCG64",
        "numpy.random.bit_generator.SeedSequence", "torch.jit._pickle.build_boollist", "torch.jit._pickle.build_doublelist",
        "torch.jit._pickle.build_intlist", "torch.jit._pickle.build_tensor_from_id",
        "torch.jit._pickle.build_tensorlist", "torch.jit._pickle.restore_type_tag",
        "torch.distributed.checkpoint.metadata.BytesStorageMetadata",
        "torch.distributed.checkpoint.metadata.ChunkStorageMetadata", "torch.distributed.checkpoint.metadata.Metadata",
        "torch.distributed.checkpoint.metadata.MetadataIndex", "torch.distributed.checkpoint.metadata.StorageMeta",
        "torch.distributed.checkpoint.metadata.TensorProperties",
        "torch.distributed.checkpoint.metadata.TensorStorageMetadata",
        "torch.distributed.checkpoint.metadata._MEM_FORMAT_ENCODING",
        "torch.distributed.checkpoint.filesystem._StorageInfo",
        "torch.distributed._shard.checkpoint.metadata.BytesStorageMetadata",
        "torch.distributed._shard.checkpoint.metadata.ChunkStorageMetadata",
        "torch.distributed._shard.checkpoint.metadata.Metadata",
        "torch.distributed._shard.checkpoint.metadata.MetadataIndex",
        "torch.distributed._shard.checkpoint.metadata.TensorStorageMetadata",
        "torch.distributed._shard.checkpoint.filesystem._StorageInfo",
        "torch.distributed._shard.sharded_tensor.metadata.MEM_FORMAT_ENCODING",
        "torch.distributed._shard.sharded_tensor.metadata.TensorProperties",
    }.ToFrozenSet(StringComparer.Ordinal);
}
