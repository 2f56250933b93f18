using LowMem.Loader.Import.Keys;
using LowMem.Loader.Modules;

namespace LowMem.Loader.Import.Planning;

/// <summary>A tensor of the module, and the keys that it goes by in a state dict.</summary>
/// <param name="Parameter">The first entry that is the tensor.</param>
/// <param name="Keys">Its keys; at least one.</param>
internal sealed record TiedParameter(ModuleParameter Parameter, string[] Keys) : TiedKeys(Keys, Parameter.Shape);
