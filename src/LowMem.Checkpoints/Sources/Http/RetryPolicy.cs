using Polly;
using Polly.Retry;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>Asks again, after a while that doubles each time, or that the server asks for.</summary>
internal sealed class RetryPolicy
{
    private static readonly ResiliencePropertyKey<FileTraffic> Counter = new("traffic");

    private readonly ResiliencePipeline pipeline;

    public RetryPolicy(RemoteTimes times) => pipeline = new ResiliencePipelineBuilder { TimeProvider = times.Clock }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is TransientException),
            MaxRetryAttempts = times.Retries,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = times.FirstDelay,
            MaxDelay = times.LongestDelay,
            DelayGenerator = arguments => ValueTask.FromResult((arguments.Outcome.Exception as TransientException)?.Wait),
            OnRetry = arguments =>
            {
                arguments.Context.Properties.GetValue(Counter, new FileTraffic()).AddRetry();
                return ValueTask.CompletedTask;
            },
        })
        .Build();

    /// <exception cref="Diagnostics.CheckpointException">It went wrong each time, or in a way that stays.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> attempt, FileTraffic traffic, CancellationToken cancellationToken)
    {
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(Counter, traffic);
        try
        {
            return await pipeline.ExecuteAsync(
                static async (context, attempt) => await attempt(context.CancellationToken).ConfigureAwait(false), context, attempt).ConfigureAwait(false);
        }
        catch (TransientException exception)
        {
            throw exception.Error;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }
}
