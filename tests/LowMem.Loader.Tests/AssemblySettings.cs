// Tests set torch's default device, which is global, and measure the memory of the process.
[assembly: Xunit.CollectionBehavior(DisableTestParallelization = true)]
