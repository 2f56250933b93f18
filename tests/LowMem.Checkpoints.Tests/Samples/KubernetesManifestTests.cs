using k8s;
using k8s.Models;
using LowMem.Checkpoints.Tests.Fixtures;

namespace LowMem.Checkpoints.Tests.Samples;

/// <summary>The manifest in samples/fleet, read by the types that are generated from the schema of Kubernetes.</summary>
public sealed class KubernetesManifestTests
{
    private static string Text { get; } = File.ReadAllText(Path.Combine(FixtureFiles.Samples, "fleet", "kubernetes-indexed-job.yaml"));

    private static List<object> Load(string text) => KubernetesYaml.LoadAllFromString(text, typeMap: null, strict: true);

    [Fact]
    public void EveryFieldOfItIsOneOfKubernetes()
    {
        var jobs = Load(Text).Cast<V1Job>().ToList();

        Assert.Equal(["lowmem-test", "lowmem-join"], jobs.Select(job => job.Metadata.Name));
        Assert.ThrowsAny<Exception>(() => Load(Text.Replace("completionMode:", "completionsMode:", StringComparison.Ordinal)));
    }

    /// <summary>What Kubernetes refuses although each field is one: see the documentation of pod failure policies.</summary>
    [Fact]
    public void IndexesAreTriedAgainByExitCode()
    {
        var spec = Load(Text).Cast<V1Job>().First().Spec;
        var container = Assert.Single(spec.Template.Spec.Containers);
        string Value(string name) => container.Env.Single(variable => variable.Name == name).Value;

        Assert.Equal("Indexed", spec.CompletionMode);
        Assert.Equal($"{spec.Completions}", Value("LOWMEM_PARTS"));
        Assert.Equal(2, spec.BackoffLimitPerIndex);
        Assert.Equal(spec.Completions, spec.MaxFailedIndexes);
        Assert.Equal("Never", spec.Template.Spec.RestartPolicy);
        Assert.Equal(
            [("Ignore", ""), ("FailIndex", "test In 1"), ("FailJob", "test In 64")],
            spec.PodFailurePolicy.Rules.Select(rule => (rule.Action, rule.OnExitCodes is { } codes ? $"{codes.ContainerName} {codes.OperatorProperty} {string.Join(' ', codes.Values)}" : string.Empty)));
        Assert.Equal("metadata.annotations['batch.kubernetes.io/job-completion-index']", container.Env.Single(variable => variable.Name == "LOWMEM_INDEX").ValueFrom.FieldRef.FieldPath);
        Assert.Equal(["-Index", "$(LOWMEM_INDEX)", "-Count", "$(LOWMEM_PARTS)"], container.Args.Take(4));
        Assert.All(container.VolumeMounts, mount => Assert.Contains(spec.Template.Spec.Volumes, volume => volume.Name == mount.Name));
    }
}
