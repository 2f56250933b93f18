using static LowMem.Checkpoints.Safety.Known.KnownUse;

namespace LowMem.Checkpoints.Safety.Known;

/// <summary>What PyTorch allows by default, and its own data types; the layers are in <see cref="KnownTorchModules"/>.</summary>
internal static class KnownTorch
{
    /// <summary>The classes of tensors of one type, as they were before PyTorch 0.4.</summary>
    private const string TensorTypes =
        "BFloat16Tensor BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor IntTensor LongTensor ShortTensor";

    public static KnownList All { get; } = new()
    {
        // The allowlist of torch/_weights_only_unpickler.py: PyTorch reviews these for hostile arguments and state.
        // Rebuild functions that get a function or a class call what the pickle names.
        { Called, "torch", "Size Tensor device Generator" },
        { Called, "torch.nn.parameter", "Buffer Parameter UninitializedBuffer UninitializedParameter" },
        { Called, "torch.serialization", "_get_layout" },
        { Called, "torch._utils", "_rebuild_device_tensor_from_cpu_tensor _rebuild_device_tensor_from_numpy _rebuild_meta_tensor_no_storage _rebuild_nested_tensor _rebuild_parameter _rebuild_parameter_with_state _rebuild_qtensor _rebuild_sparse_csr_tensor _rebuild_sparse_tensor _rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_wrapper_subclass" },
        { Called, "torch._tensor", "_rebuild_from_type _rebuild_from_type_v2" },
        { Called, "torch", TensorTypes },
        { Called, "torch.cuda", TensorTypes },
        { Called, "torch.sparse", TensorTypes },
        { Called, "torch.cuda.sparse", TensorTypes },

        // Constants: calling one is an error.
        { Called, "torch", "per_channel_affine per_channel_affine_float_qparams per_channel_symmetric per_tensor_affine per_tensor_symmetric" },
        { Called, "torch", "jagged sparse_bsc sparse_bsr sparse_coo sparse_csc sparse_csr strided" },
        { Called, "torch", "channels_last channels_last_3d contiguous_format preserve_format" },
        { Called, "torch", "bits16 bits1x8 bits2x4 bits4x2 bits8 int1 int2 int3 int4 int5 int6 int7 uint1 uint2 uint3 uint4 uint5 uint6 uint7" },
        { Called, "torch", "dtype" },

        // TorchScript's way to keep lists and tensors in a pickle: they return their argument.
        { Called, "torch.jit._pickle", "build_boollist build_doublelist build_intlist build_tensor_from_id build_tensorlist restore_type_tag" },

        // Descriptions in the .metadata of a distributed checkpoint: dataclasses of numbers, texts, sizes and dtypes. One of
        // them has a __setstate__, which takes a tuple of five apart; enums look their argument up.
        { Called, "torch.distributed.checkpoint.metadata", "BytesStorageMetadata ChunkStorageMetadata Metadata MetadataIndex StorageMeta TensorProperties TensorStorageMetadata _MEM_FORMAT_ENCODING" },
        { Called, "torch.distributed.checkpoint.filesystem", "_StorageInfo" },
        { Called, "torch.distributed._shard.checkpoint.metadata", "BytesStorageMetadata ChunkStorageMetadata Metadata MetadataIndex TensorStorageMetadata" },
        { Called, "torch.distributed._shard.checkpoint.filesystem", "_StorageInfo" },
        { Called, "torch.distributed._shard.sharded_tensor.metadata", "MEM_FORMAT_ENCODING TensorProperties" },

        // How a distributed tensor is laid out: frozen dataclasses of numbers. The tensor itself and its mesh are not
        // known: a mesh opens process groups.
        { Called, "torch.distributed.tensor.placement_types", "Partial Replicate Shard" },
        { Called, "torch.distributed._tensor.placement_types", "Partial Replicate Shard _Partial" },
        { Called, "torch.distributed.tensor._dtensor_spec", "TensorMeta" },

        // Optimizers: __setstate__ takes the state as attributes and fills in defaults of parameter groups, by
        // methods that a state could replace: see HookedAttributes. Constructors do more, and no honest pickle calls them.
        { Made, "torch.optim", "ASGD Adadelta Adagrad Adam AdamW Adamax LBFGS NAdam Optimizer RAdam RMSprop Rprop SGD SparseAdam" },
        { Made, "torch.optim.adadelta", "Adadelta" },
        { Made, "torch.optim.adagrad", "Adagrad" },
        { Made, "torch.optim.adam", "Adam" },
        { Made, "torch.optim.adamax", "Adamax" },
        { Made, "torch.optim.adamw", "AdamW" },
        { Made, "torch.optim.asgd", "ASGD" },
        { Made, "torch.optim.lbfgs", "LBFGS" },
        { Made, "torch.optim.nadam", "NAdam" },
        { Made, "torch.optim.optimizer", "Optimizer" },
        { Made, "torch.optim.radam", "RAdam" },
        { Made, "torch.optim.rmsprop", "RMSprop" },
        { Made, "torch.optim.rprop", "Rprop" },
        { Made, "torch.optim.sgd", "SGD" },
        { Made, "torch.optim.sparse_adam", "SparseAdam" },

        // The value that an optimizer stands for when a parameter group needs one: an instance of object.
        { Called, "torch.optim.optimizer", "_RequiredParameter" },

        // Data sets that only keep what they are given. The loader, which starts processes, is not known.
        { Made, "torch.utils.data", "ConcatDataset Dataset Subset TensorDataset" },
        { Made, "torch.utils.data.dataset", "ConcatDataset Dataset Subset TensorDataset" },

        // What a layer keeps as its activation.
        { Named, "torch.nn.functional", "celu elu gelu glu hardsigmoid hardswish hardtanh leaky_relu log_softmax logsigmoid mish relu relu6 rrelu selu sigmoid silu softmax softplus softsign tanh" },
        { Named, "torch._C._nn", "gelu hardsigmoid hardswish hardtanh leaky_relu log_sigmoid mish relu6 silu softplus" },
    };

    /// <summary>A dtype or storage class: <c>torch.float32</c>, <c>torch.FloatStorage</c>, <c>torch.cuda.HalfStorage</c>.</summary>
    public static bool IsType(string fullName) =>
        fullName.StartsWith("torch.", StringComparison.Ordinal)
        && (DType.Find(fullName["torch.".Length..]) is not null
            || StorageClasses.IsStorageClass(fullName)
            || fullName is "torch.storage.TypedStorage" or "torch.storage._TypedStorage");
}
