namespace LowMem.Checkpoints.Formats.TorchSharp;

/// <summary>
/// What each optimizer of TorchSharp writes (<c>SaveStateDict</c> of its Options and State in src/TorchSharp/Optimizers), in
/// that order, by the names of its own fields.
/// </summary>
/// <param name="Options">The fields of a parameter group, behind the two that all have.</param>
/// <param name="State">The fields of a parameter.</param>
internal sealed record OptimizerFields(OptimizerField[] Options, OptimizerField[] State)
{
    private static readonly Dictionary<string, OptimizerFields> ByName = new(StringComparer.Ordinal)
    {
        ["ASGD"] = Of("maximize:b lambd:d alpha:d weight_decay:d t0:d", "step:l eta:d mu:d ax:t"),
        ["Adadelta"] = Of("rho:d eps:d weight_decay:d maximize:b", "step:l square_avg:t acc_delta:t"),
        ["Adagrad"] = Of("lr_decay:d initial_accumulator_value:d eps:d weight_decay:d", "step:l sum:t"),
        ["Adam"] = Of(AdamOptions, AdamState),
        ["AdamW"] = Of(AdamOptions, AdamState),
        ["Adamax"] = Of("beta1:d beta2:d eps:d weight_decay:d", "step:l exp_avg:t exp_inf:t"),
        ["NAdam"] = Of("beta1:d beta2:d eps:d weight_decay:d momentum_decay:d", "step:l mu_product:d exp_avg:t exp_avg_sq:t"),
        ["RAdam"] = Of("beta1:d beta2:d eps:d weight_decay:d", "step:l exp_avg:t exp_avg_sq:t"),
        ["RMSProp"] = Of(RmsOptions, RmsState),
        ["Rprop"] = Of("maximize:b etaminus:d etaplus:d min_step:d max_step:d", "step:l prev:t step_size:t"),
        ["SGD"] = Of("momentum:d dampening:d weight_decay:d nesterov:b maximize:b", "momentum_buffer:o"),
    };

    private const string AdamOptions = "beta1:d beta2:d eps:d weight_decay:d amsgrad:b maximize:b";
    private const string AdamState = "step:l exp_avg:t exp_avg_sq:t max_exp_avg_sq:o";
    private const string RmsOptions = "maximize:b momentum:d alpha:d eps:d weight_decay:d centered:b";
    private const string RmsState = "step:l square_avg:t momentum_buffer:o grad_avg:o";

    /// <summary>The longest name of an optimizer, in bytes.</summary>
    public static int LongestName { get; } = ByName.Keys.Max(name => name.Length);

    public static OptimizerFields? Find(string name) => ByName.GetValueOrDefault(name);

    private static OptimizerFields Of(string options, string state) => new(Parse("initial_lr:d lr:d " + options), Parse(state));

    private static OptimizerField[] Parse(string fields) =>
        [.. fields.Split(' ').Select(field => new OptimizerField(field[..^2], (OptimizerFieldKind)field[^1]))];
}

/// <summary>One field that an optimizer writes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">How it is written.</param>
internal sealed record OptimizerField(string Name, OptimizerFieldKind Kind);

/// <summary>How a field is written.</summary>
internal enum OptimizerFieldKind
{
    /// <summary>A byte, 0 or 1.</summary>
    Boolean = 'b',

    /// <summary>Eight bytes, little-endian.</summary>
    Double = 'd',

    /// <summary>Eight bytes, little-endian.</summary>
    Long = 'l',

    /// <summary>As <c>Tensor.Save</c> writes it.</summary>
    Tensor = 't',

    /// <summary>A byte that says whether a tensor follows.</summary>
    OptionalTensor = 'o',
}
