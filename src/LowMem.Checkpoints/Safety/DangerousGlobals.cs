using System.Collections.Frozen;

namespace LowMem.Checkpoints.Safety;

/// <summary>
/// What can run code, or reach the file system, the network, the interpreter or the loader itself. Names are those of
/// Python 3, and those of Python 2 where the module is gone; <see cref="ModuleAliases"/> has their other names. The list is
/// never complete: what is on none of the lists does not pass either, but can be allowed, and this cannot.
/// </summary>
internal static class DangerousGlobals
{
    /// <summary>Modules of which every member is taken for dangerous, with all that is below them.</summary>
    public static readonly FrozenSet<string> Modules = new[]
    {
        // The interpreter, its import machinery and its tools.
        "__builtins__", "_frozen_importlib", "_frozen_importlib_external", "_imp", "_interpreters", "_pickle", "_pyrepl",
        "_testcapi", "_xxsubinterpreters", "annotationlib", "antigravity", "atexit", "bdb", "cgi", "cgitb", "cmd", "code", "codeop",
        "compileall", "cPickle", "cProfile", "dis", "distutils", "doctest", "ensurepip", "faulthandler", "functools",
        "gc", "hotshot", "idlelib", "imp", "importlib", "inspect", "lib2to3", "linecache", "marshal", "modulefinder",
        "operator", "_operator", "pdb", "pickle", "pickletools", "pip", "pkg_resources", "pkgutil", "profile", "pstats",
        "py_compile", "pyclbr", "pydoc", "readline", "rlcompleter", "runpy", "sched", "setuptools", "site", "symtable",
        "sys", "sysconfig", "test", "timeit", "trace", "tracemalloc", "unittest", "venv", "zipapp", "zipimport",

        // Processes, threads, native code.
        "_aix_support", "_ctypes", "_osx_support", "_posixshmem", "_posixsubprocess", "_signal", "_thread", "_winapi",
        "asyncio", "asynchat", "asyncore", "cffi", "commands", "concurrent", "ctypes", "curses", "dummy_threading", "mmap",
        "multiprocessing", "nt", "os", "pexpect", "pipes", "platform", "popen2", "posix", "psutil", "pty", "sh", "shlex",
        "resource", "signal", "subprocess", "thread", "threading", "tkinter", "turtle", "turtledemo",

        // Files and devices.
        "_sqlite3", "_winreg", "anydbm", "bz2", "dbhash", "dbm", "dumbdbm",
        "dotenv", "filecmp", "fileinput", "fsspec", "getpass", "glob", "gzip", "io", "logging.config", "logging.handlers", "lzma",
        "mailbox", "mailcap", "netrc", "plistlib", "pythoncom", "shelve", "shutil", "smart_open", "sqlite3",
        "syslog", "tarfile", "tempfile", "whichdb", "win32api", "win32com", "winreg", "xml", "zipfile",

        // The network.
        "_socket", "_ssl", "aiohttp", "boto3", "botocore", "fabric", "ftplib", "http", "httplib", "httpx",
        "huggingface_hub", "imaplib", "nntplib", "paramiko", "poplib", "requests", "select", "selectors", "smtpd",
        "smtplib", "socket", "socketserver", "ssl", "telnetlib", "tornado", "urllib", "urllib2", "urllib3", "webbrowser",
        "websocket", "websockets", "wsgiref", "xmlrpc", "xmlrpclib",

        // Other loaders of code, and the scanners that such a file would like to switch off.
        "cloudpickle", "dill", "fickling", "future.moves", "hickle", "ipykernel", "IPython", "joblib", "jsonpickle", "modelaudit",
        "jinja2", "mako", "mlflow.projects", "modelscan", "numba", "numexpr", "picklescan", "pyximport", "sympy", "yaml",

        // Parts of libraries that are otherwise plain.
        "numpy.ctypeslib", "numpy.distutils", "numpy.f2py", "numpy.lib._datasource", "numpy.lib._npyio_impl",
        "numpy.lib.format", "numpy.lib.npyio", "numpy.testing", "pandas.compat.pickle_compat", "pandas.core.computation",
        "pandas.io", "scipy.io", "tensorflow.io", "tensorflow.python", "torch._classes", "torch._dynamo", "torch._export", "torch._inductor", "torch._ops",
        "torch.autograd.profiler", "torch.classes", "torch.distributed.elastic", "torch.distributed.launch",
        "torch.distributed.launcher", "torch.distributed.rpc", "torch.distributed.run", "torch.export", "torch.fx",
        "torch.hub", "torch.jit", "torch.library", "torch.multiprocessing", "torch.onnx", "torch.ops", "torch.package",
        "torch.profiler", "torch.serialization", "torch.testing", "torch.utils._config_module",
        "torch.utils.backend_registration", "torch.utils.benchmark", "torch.utils.bottleneck", "torch.utils.collect_env",
        "torch.utils.cpp_extension", "torch.utils.data.datapipes", "torch.utils.file_baton", "torch.utils.hipify",
        "torch.utils.model_zoo", "torch.utils.show_pickle", "torch.utils.tensorboard", "torchvision.io",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Members, with all that is below them, of modules that are otherwise not dangerous.</summary>
    public static readonly FrozenSet<string> Names = new[]
    {
        "builtins.aiter", "builtins.anext", "builtins.apply", "builtins.breakpoint", "builtins.compile",
        "builtins.classmethod", "builtins.copyright", "builtins.credits", "builtins.delattr", "builtins.dir",
        "builtins.eval", "builtins.exec", "builtins.execfile", "builtins.exit", "builtins.file", "builtins.filter",
        "builtins.getattr", "builtins.globals", "builtins.hasattr", "builtins.help", "builtins.input", "builtins.iter",
        "builtins.license", "builtins.locals", "builtins.map", "builtins.memoryview", "builtins.open",
        "builtins.property", "builtins.quit", "builtins.raw_input", "builtins.reload", "builtins.setattr",
        "builtins.staticmethod", "builtins.super", "builtins.type", "builtins.vars", "codecs.open",
        "codecs.StreamReaderWriter", "copyreg.add_extension", "copyreg.constructor", "copyreg.pickle",
        "copyreg.remove_extension", "itertools.accumulate", "itertools.dropwhile", "itertools.filterfalse",
        "itertools.groupby", "itertools.starmap", "itertools.takewhile", "logging.FileHandler", "logging.basicConfig",
        "numpy.apply_along_axis", "numpy.apply_over_axes", "numpy.core.multiarray.fromfile", "numpy.DataSource",
        "numpy.fromfile", "numpy.frompyfunc", "numpy.fromfunction", "numpy.fromregex", "numpy.genfromtxt", "numpy.load",
        "numpy.loadtxt", "numpy.memmap", "numpy.ndarray.dump", "numpy.ndarray.tofile", "numpy.piecewise", "numpy.save",
        "numpy.savetxt", "numpy.savez", "numpy.savez_compressed", "numpy.vectorize", "pandas.eval", "string.Formatter",
        "torch.compile", "torch.load", "torch.save", "torch.storage._load_from_bytes", "types.CodeType",
        "types.coroutine", "types.FunctionType", "types.LambdaType", "types.MethodType", "types.ModuleType",
        "types.new_class", "weakref.finalize",
        "argparse.FileType", "collections.namedtuple", "concurrent.futures", "contextlib.ExitStack", "contextlib.contextmanager",
        "contextlib.nullcontext", "contextvars.Context", "contextvars.copy_context", "dataclasses._create_fn",
        "dataclasses._FuncBuilder", "dataclasses.make_dataclass", "hydra.utils.call", "hydra.utils.get_class",
        "hydra.utils.get_method", "hydra.utils.get_object", "hydra.utils.instantiate", "logging.StreamHandler",
        "torch._utils._import_dotted_name", "torch._C.PyTorchFileReader", "torch._C.PyTorchFileWriter",
        "torch._C._import_ir_module_from_buffer", "torch._C.import_ir_module", "torch._C.import_ir_module_from_buffer",
        "torch.from_file", "torch.utils.data._utils.worker", "typing.ForwardRef", "typing._eval_type",
        "typing.evaluate_forward_ref", "typing.get_type_hints", "typing_extensions.evaluate_forward_ref",
        "typing_extensions.get_type_hints", "uuid._arp_getnode", "uuid._get_command_stdout", "uuid._ifconfig_getnode",
        "uuid._ip_getnode", "uuid._lanscan_getnode", "uuid._netstat_getnode", "uuid._popen", "uuid.getnode", "uuid.uuid1",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Types that are plain data themselves, while their methods reach the file system.</summary>
    public static readonly FrozenSet<string> TypesWithDangerousMembers = new[]
    {
        "pathlib.Path", "pathlib.PosixPath", "pathlib.WindowsPath",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>
    /// Modules that other modules import, so that they are also reached through these: <c>random._os</c>. Taken for
    /// dangerous as any part of the name that is looked up in a module, with leading underscores left out.
    /// </summary>
    public static readonly FrozenSet<string> AnyPart = new[]
    {
        "builtins", "ctypes", "from_file", "importlib", "marshal", "nt", "os", "pickle", "posix", "pty", "runpy",
        "shutil", "socket", "subprocess", "sys",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>A package that hands out the modules of Python by its own name, and that others carry along.</summary>
    public const string HidingPackage = "six.moves.";
}
