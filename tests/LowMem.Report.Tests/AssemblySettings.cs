using LowMem.Report.Tests;

// One browser for all tests, and one test at a time in it: two cores are all that a build machine may have.
[assembly: AssemblyFixture(typeof(ReportBrowser))]
[assembly: CollectionBehavior(DisableTestParallelization = true)]
