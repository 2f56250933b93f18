using static LowMem.Checkpoints.Safety.Known.KnownUse;

namespace LowMem.Checkpoints.Safety.Known;

/// <summary>What NumPy's own pickles name. The names of NumPy 2 (<c>numpy._core</c>) are aliases of these.</summary>
internal static class KnownNumpy
{
    public static KnownList All { get; } = new()
    {
        // An empty array of a type, filled by __setstate__ with bytes whose length is checked, or with a list; the class is
        // one that the pickle names.
        { Called, "numpy.core.multiarray", "_reconstruct scalar" },
        { Called, "numpy.core.numeric", "_frombuffer" },

        // States of data types are judged for themselves: see NumpyTypes.
        { Called, "numpy", "dtype" },

        // Called, an array takes an offset before its buffer, and bytes for pointers to objects. Arrays are made by
        // '_reconstruct', and name the class only.
        { Named, "numpy", "ndarray" },

        // Masked arrays are made of an empty array and of a mask of the same kind. The class itself takes anything for an
        // array when it is called, see below.
        { Called, "numpy.ma.core", "_mareconstruct MaskedConstant" },
        { Named, "numpy.ma.core", "MaskedArray" },
        { Named, "numpy.ma", "MaskedArray" },

        // Called, these believe an object that says where in memory its data are (__array_interface__), which a pickle can
        // make: numpy.float64 then gives a view of any address, to be written to. An honest pickle names them only,
        // since scalars are made by 'scalar'.
        { Named, "numpy", "bool bool_ byte bytes_ cdouble cfloat character clongdouble clongfloat complex128 complex192 complex256 complex64 complexfloating complex_ csingle datetime64 double flexible float128 float16 float32 float64 float96 float_ floating generic half inexact int16 int32 int64 int8 int_ intc integer intp long longdouble longfloat longlong number object_ short signedinteger single singlecomplex str_ timedelta64 ubyte uint uint16 uint32 uint64 uint8 uintc uintp ulong ulonglong unicode_ unsignedinteger ushort void" },

        // Generators: the name is looked up in a table, or is a class that the pickle names and that is called without
        // arguments. State is checked for its type and length. The classes take anything for an array as their seed, so
        // that they may not be called.
        { Called, "numpy.random._pickle", "__bit_generator_ctor __generator_ctor __randomstate_ctor" },
        { Called, "numpy.random.bit_generator", "__pyx_unpickle_SeedSequence __pyx_unpickle_SeedlessSeedSequence" },
        { Made, "numpy.random._mt19937", "MT19937" },
        { Made, "numpy.random._pcg64", "PCG64 PCG64DXSM" },
        { Made, "numpy.random._philox", "Philox" },
        { Made, "numpy.random._sfc64", "SFC64" },
        { Made, "numpy.random._generator", "Generator" },
        { Made, "numpy.random.mtrand", "RandomState" },
        { Made, "numpy.random.bit_generator", "BitGenerator SeedSequence SeedlessSeedSequence" },

        // Restored from a dict of three arrays of a matrix; indexes are looked at when it is used.
        { Made, "scipy.sparse", "bsr_matrix coo_array coo_matrix csc_array csc_matrix csr_array csr_matrix dia_matrix lil_matrix" },
        { Made, "scipy.sparse._bsr", "bsr_array bsr_matrix" },
        { Made, "scipy.sparse._coo", "coo_array coo_matrix" },
        { Made, "scipy.sparse._csc", "csc_array csc_matrix" },
        { Made, "scipy.sparse._csr", "csr_array csr_matrix" },
        { Made, "scipy.sparse._dia", "dia_array dia_matrix" },
        { Made, "scipy.sparse._lil", "lil_array lil_matrix" },
        { Made, "scipy.sparse.bsr", "bsr_array bsr_matrix" },
        { Made, "scipy.sparse.coo", "coo_array coo_matrix" },
        { Made, "scipy.sparse.csc", "csc_array csc_matrix" },
        { Made, "scipy.sparse.csr", "csr_array csr_matrix" },
        { Made, "scipy.sparse.dia", "dia_array dia_matrix" },
        { Made, "scipy.sparse.lil", "lil_array lil_matrix" },
    };
}
