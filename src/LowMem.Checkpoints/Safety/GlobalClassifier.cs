using System.Collections.Frozen;

namespace LowMem.Checkpoints.Safety;

/// <summary>Sorts the globals that a pickle names. Nothing here is looked up anywhere but in these lists.</summary>
public static class GlobalClassifier
{
    /// <summary>Modules of which every member is taken for dangerous, with all that is below them.</summary>
    private static readonly FrozenSet<string> DangerousModules = new[]
    {
        "_aix_support", "_io", "_osx_support", "_pickle", "_posixshmem", "_posixsubprocess",
        "_pyrepl", "_thread", "aiohttp", "asyncio", "atexit", "bdb", "cProfile", "cloudpickle", "code", "codeop",
        "commands", "concurrent", "ctypes", "cffi", "dill", "distutils", "doctest", "ensurepip", "faulthandler",
        "fileinput", "ftplib", "gc", "glob", "http", "idlelib", "imaplib", "imp", "importlib", "inspect", "io",
        "joblib", "lib2to3", "linecache", "logging.config", "marshal", "mmap", "multiprocessing", "nt", "ntpath",
        "os", "pdb", "pickle", "pickletools", "pip", "pkg_resources", "pkgutil", "poplib", "posix", "posixpath",
        "profile", "pty", "py_compile", "pydoc", "requests", "runpy", "setuptools", "shelve", "shlex", "shutil",
        "signal", "site", "smtplib", "socket", "socketserver", "ssl", "subprocess", "sys", "sysconfig", "tarfile",
        "telnetlib", "tempfile", "test", "threading", "timeit", "trace", "tracemalloc", "urllib", "urllib3",
        "venv", "webbrowser", "winreg", "wsgiref", "xmlrpc", "zipapp", "zipfile", "zipimport", "httpx", "paramiko",
        "ipykernel", "IPython", "numpy.ctypeslib", "numpy.distutils", "numpy.f2py", "numpy.testing", "pandas.io",
        "torch.distributed.rpc", "torch.hub", "torch.jit", "torch.package", "torch.serialization", "torch.testing",
        "torch.utils.cpp_extension", "torch.utils.model_zoo", "torch._dynamo", "torch._inductor", "torch.multiprocessing",
        "torch.utils.data.datapipes", "torch.utils.bottleneck", "torch.utils.collect_env", "torch.ops", "torch.fx",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Members that are dangerous in modules that are otherwise not.</summary>
    private static readonly FrozenSet<string> DangerousNames = new[]
    {
        "builtins.__build_class__", "builtins.__import__", "builtins.apply", "builtins.breakpoint", "builtins.compile",
        "builtins.delattr", "builtins.dir", "builtins.eval", "builtins.exec", "builtins.execfile", "builtins.exit",
        "builtins.file", "builtins.filter", "builtins.getattr", "builtins.globals", "builtins.help", "builtins.input",
        "builtins.locals", "builtins.map", "builtins.memoryview", "builtins.object.__reduce__", "builtins.open",
        "builtins.quit", "builtins.raw_input", "builtins.reload", "builtins.setattr", "builtins.super", "builtins.type",
        "builtins.vars", "copyreg.add_extension", "functools.partial", "functools.partialmethod", "functools.reduce",
        "itertools.starmap", "logging.FileHandler", "numpy.fromfile", "numpy.fromregex", "numpy.genfromtxt",
        "numpy.load", "numpy.loadtxt", "numpy.memmap", "numpy.save", "numpy.savetxt", "operator.attrgetter",
        "operator.itemgetter", "operator.methodcaller", "pandas.read_pickle", "pandas.eval", "torch.compile",
        "torch.from_file", "torch.load", "torch.save", "torch.storage._load_from_bytes", "types.CodeType",
        "types.FunctionType", "types.LambdaType", "types.MethodType", "types.ModuleType", "types.coroutine",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>
    /// PyTorch's default allowlist (<c>torch/_weights_only_unpickler.py</c>) but for dtypes and storage classes, and
    /// plain data types.
    /// </summary>
    private static readonly FrozenSet<string> KnownNames = new[]
    {
        "collections.OrderedDict", "collections.Counter", "collections.defaultdict", "collections.deque",
        "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer", "torch.nn.parameter.UninitializedParameter",
        "torch.Size", "torch.Tensor", "torch.device", "torch.serialization._get_layout", "_codecs.encode",
        "builtins.bytearray", "builtins.set", "builtins.frozenset", "builtins.complex", "builtins.list", "builtins.dict",
        "builtins.tuple", "builtins.int", "builtins.float", "builtins.bool", "builtins.str", "builtins.bytes",
        "builtins.object", "builtins.slice", "builtins.range", "torch._utils._rebuild_tensor",
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
        "argparse.Namespace", "types.SimpleNamespace", "datetime.datetime", "datetime.date", "datetime.time",
        "datetime.timedelta", "datetime.timezone", "decimal.Decimal", "fractions.Fraction", "uuid.UUID",
        "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.PurePosixPath", "pathlib.WindowsPath",
        "pathlib.PureWindowsPath", "pathlib._local.PosixPath", "pathlib._local.WindowsPath", "copyreg._reconstructor",
        "numpy.core.multiarray._reconstruct", "numpy.core.multiarray.scalar", "numpy._core.multiarray._reconstruct",
        "numpy._core.multiarray.scalar", "numpy.ndarray", "numpy.dtype",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Says what a global could do.</summary>
    /// <param name="fullName">Module and name joined by a dot, with Python-3 module names.</param>
    public static GlobalRisk Classify(string fullName)
    {
        ArgumentNullException.ThrowIfNull(fullName);
        if (KnownNames.Contains(fullName) || IsTorchType(fullName))
        {
            return GlobalRisk.Known;
        }

        if (DangerousNames.Contains(fullName))
        {
            return GlobalRisk.Dangerous;
        }

        for (int dot = fullName.IndexOf('.', StringComparison.Ordinal);
            dot >= 0;
            dot = fullName.IndexOf('.', dot + 1))
        {
            // Protocol 4 resolves dotted names, so a dangerous name may also be only the front of what is named.
            if (DangerousModules.Contains(fullName[..dot]) || DangerousNames.Contains(fullName[..dot]))
            {
                return GlobalRisk.Dangerous;
            }
        }

        return GlobalRisk.Unknown;
    }

    /// <summary>A dtype or storage class: <c>torch.float32</c>, <c>torch.FloatStorage</c>, <c>torch.cuda.HalfStorage</c>.</summary>
    private static bool IsTorchType(string fullName)
    {
        if (!fullName.StartsWith("torch.", StringComparison.Ordinal))
        {
            return false;
        }

        string name = fullName["torch.".Length..];
        return DType.Find(name) is not null || Formats.PyTorch.StorageClasses.IsStorageClass(fullName);
    }
}
