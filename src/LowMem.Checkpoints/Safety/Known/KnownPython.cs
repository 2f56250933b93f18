using static LowMem.Checkpoints.Safety.Known.KnownUse;

namespace LowMem.Checkpoints.Safety.Known;

/// <summary>Data types of Python's standard library.</summary>
internal static class KnownPython
{
    public static KnownList All { get; } = new()
    {
        // Containers and numbers: the constructors copy, count or parse; none looks at a file, and no argument is called.
        // A type that has a dict takes state as attributes.
        { Called, "builtins", "bool bytearray bytes complex dict float frozenset int list object range set slice str tuple" },
        { Called, "builtins", "Ellipsis NotImplemented None True False" },
        { Called, "collections", "ChainMap Counter OrderedDict UserDict UserList UserString deque" },

        // Calls its first argument, without any of its own, when a key is missed: that is a global that the pickle names.
        { Called, "collections", "defaultdict" },

        // Functions of values: they ask the type of an argument for its length, order or text. The keyword that would
        // name a function to call (key=) cannot be given by a pickle.
        { Called, "builtins", "abs all any ascii bin callable chr divmod enumerate format hash hex id isinstance issubclass len max min oct ord repr reversed round sorted sum zip" },

        // Exceptions keep their arguments and take state as attributes. Those of the system, whose type depends on a
        // number, are left out.
        { Called, "builtins", "ArithmeticError AssertionError AttributeError BaseException Exception IndexError KeyError LookupError NotImplementedError OverflowError RuntimeError StopIteration TypeError ValueError Warning UserWarning ZeroDivisionError" },

        // What copyreg makes of protocols 0 to 2: it calls the constructor of the class it is given, which the pickle
        // names. The constant is a flag.
        { Called, "copyreg", "__newobj__ __newobj_ex__ _reconstructor" },

        // Bytes in protocol 2. The name of an encoding is looked up among Python's own (module encodings); zlib and bz2
        // among them compress, which is no harm. codecs.encode, the same function by a name that no pickler writes, and
        // codecs.decode, which unfolds, are not known.
        { Called, "_codecs", "encode" },

        // Bytes and text in memory: no file, and state is a position and the content.
        { Called, "io", "BytesIO StringIO" },

        // Numbers, dates and places: text or numbers are parsed. State is bytes, checked by the type.
        { Called, "datetime", "date datetime time timedelta timezone tzinfo" },
        { Called, "decimal", "Decimal" },
        { Called, "fractions", "Fraction" },
        { Called, "uuid", "UUID SafeUUID" },
        { Called, "math", "e pi inf nan tau" },
        { Named, "math", "cos exp log pow sin sqrt tan" },

        // A key is looked up in the time zone data of the system; it must be a relative path without '..', and nothing but
        // data of that format is taken.
        { Called, "zoneinfo", "ZoneInfo ZoneInfo._unpickle" },

        // A path is text until a method is called, and methods cannot be named (see DangerousGlobals).
        { Called, "pathlib", "Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath" },

        // Attributes and nothing else.
        { Called, "argparse", "Namespace" },
        { Called, "optparse", "Values" },
        { Called, "types", "SimpleNamespace" },

        // The state of a generator is a tuple of 625 numbers, which is checked.
        { Called, "random", "Random" },

        // Annotations that a configuration refers to.
        { Named, "typing", "Any Callable Dict FrozenSet Iterable List Mapping Optional Sequence Set Tuple Type Union" },
        { Called, "__future__", "_Feature" },
        { Named, "__future__", "absolute_import all_feature_names annotations barry_as_FLUFL division generator_stop generators nested_scopes print_function unicode_literals with_statement" },
    };
}
