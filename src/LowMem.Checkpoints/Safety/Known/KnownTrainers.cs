using static LowMem.Checkpoints.Safety.Known.KnownUse;

namespace LowMem.Checkpoints.Safety.Known;

/// <summary>
/// What common trainers save beside the weights: enums and dataclasses of settings. Parts that run, such as models, loaders and
/// tokenizers, are left to whoever uses them.
/// </summary>
internal static class KnownTrainers
{
    public static KnownList All { get; } = new()
    {
        // Enums: calling one looks its argument up among its members; a second argument is refused where there are members.
        { Called, "transformers.trainer_utils", "EvaluationStrategy FSDPOption HubStrategy IntervalStrategy SaveStrategy SchedulerType ShardedDDPOption" },
        { Called, "transformers.training_args", "OptimizerNames" },
        { Called, "accelerate.utils.dataclasses", "DistributedType" },
        { Called, "sentence_transformers.training_args", "BatchSamplers MultiDatasetBatchSamplers" },
        { Called, "trl.trainer.dpo_config", "FDivergenceType" },
        { Called, "pyannote.audio.core.task", "Problem Resolution" },

        // Dataclasses of settings without a __setstate__: state becomes attributes. Their constructors set devices up and
        // join process groups, so that they may only be made without one.
        { Made, "transformers.training_args", "TrainingArguments" },
        { Made, "transformers.training_args_seq2seq", "Seq2SeqTrainingArguments" },
        { Made, "transformers.trainer_pt_utils", "AcceleratorConfig" },
        { Made, "transformers.deepspeed", "HfDeepSpeedConfig HfTrainerDeepSpeedConfig" },
        { Made, "transformers.integrations.deepspeed", "HfDeepSpeedConfig HfTrainerDeepSpeedConfig" },
        { Made, "accelerate.state", "PartialState" },
        { Made, "accelerate.utils.dataclasses", "DeepSpeedPlugin" },
        { Made, "accelerate.utils.deepspeed", "HfDeepSpeedConfig" },
        { Made, "sentence_transformers.training_args", "SentenceTransformerTrainingArguments" },
        { Made, "trl.trainer.grpo_config", "GRPOConfig" },
        { Made, "trl.trainer.kto_config", "KTOConfig" },
        { Made, "trl.trainer.ppov2_config", "PPOv2Config" },
        { Made, "trl.trainer.sft_config", "SFTConfig" },
        { Made, "pyannote.audio.core.task", "Specifications" },

        // A dict whose items are attributes, in which Lightning keeps hyperparameters. An item '__setstate__' is one that BUILD
        // calls: see HookedAttributes.
        { Made, "pytorch_lightning.utilities.parsing", "AttributeDict" },
        { Made, "lightning.pytorch.utilities.parsing", "AttributeDict" },
        { Made, "lightning_fabric.utilities.data", "AttributeDict" },
        { Made, "lightning.fabric.utilities.data", "AttributeDict" },

        // Configurations of Hydra: __setstate__ looks at annotated types and takes the rest as attributes. Interpolations
        // are worked out when a value is asked for; a pickle asks by known functions only: see AskingCalls.
        { Made, "omegaconf.base", "ContainerMetadata Metadata" },
        { Made, "omegaconf.dictconfig", "DictConfig" },
        { Made, "omegaconf.listconfig", "ListConfig" },
        { Made, "omegaconf.nodes", "AnyNode BooleanNode BytesNode EnumNode FloatNode IntegerNode PathNode StringNode" },
    };
}
