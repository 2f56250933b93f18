using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety.Known;

namespace LowMem.Checkpoints.Safety;

/// <summary>Judges the globals of one pickle by what it does with them.</summary>
internal static class GlobalUse
{
    public static IEnumerable<NamedGlobal> Of(PickleResult pickle, string where)
    {
        bool looksUpMembersOnly = MemberLookups.AreAll(pickle);
        var demands = GlobalDemands.Of(pickle);
        long start = pickle.Source?.Offset ?? -1;
        foreach (var global in pickle.Globals)
        {
            var demand = demands.Find(global);
            yield return new NamedGlobal(global.FullName, where, Judge(global, demand.Use, looksUpMembersOnly))
            {
                Offset = start >= 0 && global.Position >= 0 ? start + global.Position : null,
                CalledBy = demand.Opcode,
            };
        }

        if (demands.CallsComputed)
        {
            yield return new NamedGlobal(PickleGlobal.Computed, where, GlobalRisk.Dangerous);
        }

        foreach (string name in HookedAttributes.Of(pickle))
        {
            yield return new NamedGlobal(name, where, GlobalRisk.Dangerous);
        }
    }

    private static GlobalRisk Judge(PickleGlobal global, KnownUse demand, bool looksUpMembersOnly)
    {
        if (global.IsWrittenTo)
        {
            return GlobalRisk.Dangerous;
        }

        var risk = GlobalClassifier.Classify(global);
        return risk switch
        {
            GlobalRisk.Dangerous when looksUpMembersOnly && global.FullName == MemberLookups.GetAttribute => GlobalRisk.Known,
            GlobalRisk.Known when demand > GlobalClassifier.FindKnownUse(global.FullName) => GlobalRisk.Unknown,
            _ => risk,
        };
    }
}
