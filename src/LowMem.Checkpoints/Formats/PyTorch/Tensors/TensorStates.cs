using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Tensors;

/// <summary>What a program put on tensors as attributes or hooks, and PyTorch saves along with them.</summary>
internal static class TensorStates
{
    private const int MaxWrappers = 16;

    /// <summary>The states of a tensor, and of what it wraps, that may hold other tensors.</summary>
    public static IEnumerable<PickleNode> Of(PickleNode node)
    {
        for (int i = 0; i < MaxWrappers && node is PickleObject { IsPlain: false, CallableName: { } name } made; i++)
        {
            var arguments = made.ArgumentList;
            int? place = PlaceOf(name);
            var states = new[] { made.State, place < arguments.Count ? arguments[place.Value] : null };
            foreach (var state in states.OfType<PickleNode>().Where(ObjectParts.MayHoldTensors))
            {
                yield return state;
            }

            if (name is "torch._tensor._rebuild_from_type" or "torch._tensor._rebuild_from_type_v2")
            {
                if (arguments.Count < 3)
                {
                    break;
                }

                node = new PickleCall(arguments[0], arguments[2]);
            }
            else if (arguments.Count > 0)
            {
                node = arguments[0];
            }
            else
            {
                break;
            }
        }
    }

    /// <summary>Which argument of a rebuild function is the state or, where there is none, the dict of hooks.</summary>
    private static int? PlaceOf(string name) => name switch
    {
        "torch._utils._rebuild_parameter_with_state" => 3,
        "torch._tensor._rebuild_from_type" or "torch._tensor._rebuild_from_type_v2" => 3,
        "torch._utils._rebuild_parameter" => 2,
        "torch._utils._rebuild_tensor_v2" or "torch._utils._rebuild_tensor_v3" => 5,
        "torch._utils._rebuild_qtensor" => 6,
        _ => null,
    };
}
