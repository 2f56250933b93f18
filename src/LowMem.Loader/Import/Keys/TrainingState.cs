namespace LowMem.Loader.Import.Keys;

/// <summary>Tells what in a training checkpoint is no part of a model.</summary>
internal static class TrainingState
{
    // As training scripts and libraries call what lies beside the model. A model may have a "scheduler" or a "scaler" of its
    // own, so that these count only where it is known that the state of a training is there.
    private static readonly string[] Names =
    [
        "opt", "optim", "optims", "opt_state", "optim_state", "amp", "scaler", "grad_scaler", "lr_sched", "sched", "rng", "rng_state",
        "rng_states", "callbacks", "loops", "ds_config",
    ];

    private static readonly string[] Parts = ["optimizer", "optim_", "_optim", "scheduler", "_scaler", "scaler_", "rng_state"];

    // Values that stand beside state dicts, and never in one.
    private static readonly string[] Counters =
    [
        "epoch", "epochs", "step", "steps", "global_step", "iteration", "iter", "iters", "best_acc", "best_acc1", "best_loss",
        "best_fitness", "loss", "pytorch-lightning_version", "hyper_parameters",
    ];

    // What optimizers keep for each parameter.
    private static readonly string[] Moments =
        [".exp_avg", ".exp_avg_sq", ".max_exp_avg_sq", ".momentum_buffer", ".square_avg", ".exp_inf", ".acc_delta"];

    /// <summary>Whether a training gives this name to something that is no model.</summary>
    /// <param name="name">A name at the top of a checkpoint.</param>
    public static bool IsName(string name) =>
        Array.Exists(Names, known => known.Equals(name, StringComparison.OrdinalIgnoreCase))
        || Array.Exists(Parts, part => name.Contains(part, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a value of this name shows that the checkpoint is that of a training.</summary>
    /// <param name="name">A name at the top of a checkpoint.</param>
    public static bool IsCounter(string name) => Array.Exists(Counters, known => known.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// Whether a key is one of an optimizer's own: <c>NAME.state.0.exp_avg</c>, <c>NAME.param_groups.0.lr</c>, or the same in a
    /// list of optimizers (<c>NAME.0.state...</c>), or with the names of parameters for their numbers, as distributed checkpoints
    /// have them.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="top">The name at the top, with its dot.</param>
    public static bool IsOptimizerKey(string key, string top)
    {
        var rest = key.AsSpan(top.Length);
        if (rest.IndexOf('.') is > 0 and var dot && !rest[..dot].ContainsAnyExceptInRange('0', '9'))
        {
            rest = rest[(dot + 1)..];
        }

        return rest.StartsWith("param_groups.", StringComparison.Ordinal)
            || (rest.StartsWith("state.", StringComparison.Ordinal) && rest.Length > 6
                && (char.IsAsciiDigit(rest[6]) || Array.Exists(Moments, name => key.EndsWith(name, StringComparison.Ordinal))));
    }
}
