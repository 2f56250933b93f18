namespace LowMem.Checkpoints.Pickle;

/// <summary>Names that modules had in Python 2, as CPython's <c>_compat_pickle</c> maps them.</summary>
internal static class PythonModules
{
    public static string Modernize(string module) => module switch
    {
        "__builtin__" => "builtins",
        "copy_reg" => "copyreg",
        "cPickle" => "pickle",
        "commands" => "subprocess",
        "urllib2" => "urllib.request",
        "httplib" => "http.client",
        "UserDict" or "UserList" or "UserString" => "collections",
        _ => module,
    };
}
