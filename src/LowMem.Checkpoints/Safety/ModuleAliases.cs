using System.Collections.Frozen;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Safety;

/// <summary>
/// One module by several names: the part of it that is written in C, or its twin in Python, what CPython calls it on one
/// platform, and what Python 2 called it (<c>_compat_pickle</c>). What a name can do does not depend on which of them is used.
/// </summary>
internal static class ModuleAliases
{
    /// <summary>The deepest alias has two dots.</summary>
    private const int MostParts = 3;

    private static readonly FrozenDictionary<string, string> Modules = new Dictionary<string, string>
    {
        // The C part or the Python twin of a module.
        ["_asyncio"] = "asyncio",
        ["_bz2"] = "bz2",
        ["_collections"] = "collections",
        ["_collections_abc"] = "collections.abc",
        ["_compression"] = "bz2",
        ["_contextvars"] = "contextvars",
        ["_csv"] = "csv",
        ["_ctypes"] = "ctypes",
        ["_curses"] = "curses",
        ["_datetime"] = "datetime",
        ["_dbm"] = "dbm",
        ["_decimal"] = "decimal",
        ["_elementtree"] = "xml.etree.ElementTree",
        ["_frozen_importlib"] = "importlib",
        ["_frozen_importlib_external"] = "importlib",
        ["_functools"] = "functools",
        ["_gdbm"] = "dbm",
        ["_imp"] = "imp",
        ["_io"] = "io",
        ["_json"] = "json",
        ["_lzma"] = "lzma",
        ["_multiprocessing"] = "multiprocessing",
        ["_operator"] = "operator",
        ["_pickle"] = "pickle",
        ["_posixshmem"] = "multiprocessing",
        ["_posixsubprocess"] = "subprocess",
        ["_pydatetime"] = "datetime",
        ["_pydecimal"] = "decimal",
        ["_pyio"] = "io",
        ["_queue"] = "queue",
        ["_random"] = "random",
        ["_remote_debugging"] = "sys",
        ["_signal"] = "signal",
        ["_socket"] = "socket",
        ["_sqlite3"] = "sqlite3",
        ["_ssl"] = "ssl",
        ["_string"] = "string",
        ["_symtable"] = "symtable",
        ["_thread"] = "threading",
        ["_tkinter"] = "tkinter",
        ["_tracemalloc"] = "tracemalloc",
        ["_typing"] = "typing",
        ["_uuid"] = "uuid",
        ["_warnings"] = "warnings",
        ["_weakref"] = "weakref",
        ["_winreg"] = "winreg",
        ["_zoneinfo"] = "zoneinfo",
        ["_zstd"] = "bz2",
        ["compression.bz2"] = "bz2",
        ["compression.gzip"] = "gzip",
        ["compression.lzma"] = "lzma",
        ["compression.zlib"] = "zlib",
        ["compression.zstd"] = "bz2",
        ["importlib._bootstrap"] = "importlib",
        ["pathlib._local"] = "pathlib",
        ["zoneinfo._zoneinfo"] = "zoneinfo",

        // The module of one platform.
        ["macpath"] = "os.path",
        ["nt"] = "os",
        ["ntpath"] = "os.path",
        ["os2emxpath"] = "os.path",
        ["posix"] = "os",
        ["posixpath"] = "os.path",

        // Python 2.
        ["Cookie"] = "http.cookies",
        ["HTMLParser"] = "html.parser",
        ["Queue"] = "queue",
        ["SocketServer"] = "socketserver",
        ["StringIO"] = "io",
        ["Tkinter"] = "tkinter",
        ["__builtins__"] = "builtins",
        ["anydbm"] = "dbm",
        ["cStringIO"] = "io",
        ["cookielib"] = "http.cookiejar",
        ["dbhash"] = "dbm",
        ["dumbdbm"] = "dbm",
        ["exceptions"] = "builtins",
        ["gdbm"] = "dbm",
        ["thread"] = "threading",
        ["urlparse"] = "urllib.parse",
        ["whichdb"] = "dbm",

        // NumPy 2 renamed its inner package.
        ["numpy._core"] = "numpy.core",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Single names that Python maps to others (<c>_compat_pickle.NAME_MAPPING</c>), of which the rest is in lists.</summary>
    private static readonly FrozenDictionary<string, string> Names = new Dictionary<string, string>
    {
        ["builtins.basestring"] = "builtins.str",
        ["builtins.intern"] = "sys.intern",
        ["builtins.long"] = "builtins.int",
        ["builtins.reduce"] = "functools.reduce",
        ["builtins.unichr"] = "builtins.chr",
        ["builtins.unicode"] = "builtins.str",
        ["builtins.xrange"] = "builtins.range",
        ["builtins.StandardError"] = "builtins.Exception",
        ["itertools.ifilter"] = "builtins.filter",
        ["itertools.ifilterfalse"] = "itertools.filterfalse",
        ["itertools.imap"] = "builtins.map",
        ["itertools.izip"] = "builtins.zip",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The one name that stands for all names of the same thing.</summary>
    /// <param name="fullName">Module and name joined by a dot.</param>
    public static string Resolve(string fullName)
    {
        int dot = fullName.IndexOf('.', StringComparison.Ordinal);
        string name = dot < 0 ? fullName : PythonModules.Modernize(fullName[..dot]) + fullName[dot..];
        var lookup = Modules.GetAlternateLookup<ReadOnlySpan<char>>();
        dot = -1;
        for (int part = 0; part < MostParts && (dot = name.IndexOf('.', dot + 1)) > 0; part++)
        {
            if (lookup.TryGetValue(name.AsSpan(0, dot), out string? module))
            {
                name = module + name[dot..];
                break;
            }
        }

        return Names.GetValueOrDefault(name, name);
    }
}
