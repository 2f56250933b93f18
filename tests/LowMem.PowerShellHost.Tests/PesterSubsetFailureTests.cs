namespace LowMem.PowerShellHost.Tests;

/// <summary>Tests that must fail, each by itself. One run of the runner holds them all: a start costs a second.</summary>
public sealed class PesterSubsetFailureTests(PesterSubsetFailureTests.Run run) : IClassFixture<PesterSubsetFailureTests.Run>
{
    public static TheoryData<string, string> WrongValues { get; } = new()
    {
        { "1 | Should -Be 2", "Expected 2 but got 1." },
        { "1 | Should -Be 2 -Because 'it must'", "Expected 2, because it must, but got 1." },
        { "1 | Should -Not -Be 1", "Expected not 1 but got 1." },
        { "1, 2 | Should -Be 1, 3", "Expected @(1, 3) but got @(1, 2)." },
        { "1 | Should -Be $null", "Expected $null but got 1." },
        { "$null | Should -Be 1", "Expected 1 but got $null." },
        { "'A' | Should -BeExactly 'a'", "Expected exactly 'a' but got 'A'." },
        { "1, 2, 0 | Should -BeGreaterThan 0", "Expected the value to be greater than 0 but got 0." },
        { "1 | Should -BeGreaterOrEqual 2", "to be greater or equal 2 but got 1." },
        { "1 | Should -BeLessThan 1", "to be less than 1 but got 1." },
        { "2 | Should -BeLessOrEqual 1", "to be less or equal 1 but got 2." },
        { "[double]::NaN | Should -BeLessOrEqual 1", "but got NaN." },
        { "'abc' | Should -BeLike 'b*'", "to be like 'b*' but got 'abc'." },
        { "'abc' | Should -BeLikeExactly 'A*'", "to be like exactly 'A*' but got 'abc'." },
        { "'abc' | Should -Match '^b'", "to match '^b' but got 'abc'." },
        { "'abc' | Should -MatchExactly 'A'", "to match exactly 'A' but got 'abc'." },
        { "1, 2 | Should -Contain 3", "to contain 3 but got @(1, 2)." },
        { "3 | Should -BeIn 1, 2", "to be in @(1, 2) but got 3." },
        { "1, 2 | Should -HaveCount 3", "a collection of 3 but got 2: @(1, 2)." },
        { "@() | Should -HaveCount 1", "a collection of 1 but got 0:" },
        { "1 | Should -HaveCount -1", "needs a count of 0 or more" },
        { "1 | Should -BeOfType ([string])", "but got 1 of type [int]." },
        { "1 | Should -BeOfType NoSuchType", "does not find the type 'NoSuchType'" },
        { "0 | Should -BeTrue", "Expected $true but got 0." },
        { "1 | Should -BeFalse", "Expected $false but got 1." },
        { "@() | Should -BeTrue", "Expected $true but got $null." },
        { "1 | Should -BeNullOrEmpty", "Expected $null or empty but got 1." },
        { "'' | Should -Not -BeNullOrEmpty", "Expected not $null or empty but got ''." },
        { "'/no/such/item' | Should -Exist", "path '/no/such/item' to exist but it does not." },
        { "{ 1 } | Should -Throw", "Expected an exception but nothing was thrown." },
        { "{ throw 'a' } | Should -Throw 'b'", "with message like 'b' but its message is 'a'." },
        { "{ throw 'a' } | Should -Throw -ErrorId 'b'", "with id like 'b' but its id is 'a'." },
        { "{ throw 'a' } | Should -Throw -ExceptionType ([ArgumentException])", "but its type is [System.Management.Automation.RuntimeException]." },
        { "{ throw 'a' } | Should -Not -Throw", "Expected not an exception but one was thrown: 'a'" },
        { "1 | Should -Throw", "takes a script block" },
        { "{ break } | Should -Throw", "ended by break or continue" },
    };

    public static TheoryData<string, string> NotUnderstood { get; } = new()
    {
        { "1 | Should -BeWonderful", "'BeWonderful'" },
        { "1 | Should -Be 1 -CustomParameter", "'CustomParameter'" },
        { "1 | Should -Be 1 -BeTrue", "Parameter set cannot be resolved" },
        { "1 | Should -Be", "missing mandatory parameters: ExpectedValue" },
        { "1 | Should Be 1", "Parameter set cannot be resolved" },
        { "1 | Should", "Should needs an operator" },
        { "Should -Be 1 -ActualValue 1", "from the pipeline only" },
        { "1 | Should -Be:$false 2", "use -Not" },
        { "Should -Invoke Get-Item", "'Invoke'" },
        { "Mock Get-Item { }", "'Mock' is not recognized" },
        { "It 'inner' { }", "It cannot be used while a test runs" },
        { "Set-ItResult -Inconclusive", "'Inconclusive'" },
        { "Set-ItResult -Skipped:$false", "knows only -Skipped" },
        { "break", "ended by break or continue" },
        { "continue", "ended by break or continue" },
    };

    [Theory]
    [MemberData(nameof(WrongValues))]
    public void A_wrong_value_fails(string test, string message) =>
        Assert.Contains(message, run.FailureOf(test), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(NotUnderstood))]
    public void What_it_does_not_understand_fails(string test, string message) =>
        Assert.Contains(message, run.FailureOf(test), StringComparison.Ordinal);

    [Fact]
    public void Nothing_passes() => Assert.EndsWith(
        $"\n0 passed, {WrongValues.Count + NotUnderstood.Count} failed, 0 skipped\n", run.Output, StringComparison.Ordinal);

    /// <summary>One run of a file with a test for each row.</summary>
    public sealed class Run : IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly List<string> _tests =
            [.. WrongValues.Concat(NotUnderstood).Select(row => row.Data.Item1)];

        public Run()
        {
            IEnumerable<string> tests = _tests.Select((test, index) => $"It 'case {index}' {{ {test} }}");
            _folder.Write("a.Tests.ps1", $"Describe 'd' {{\n{string.Join('\n', tests)}\n}}");
            using HostRun run = HostRun.ToEnd("-File", PesterSubsetTests.Runner, _folder.Path);
            Output = run.Output;
        }

        public string Output { get; }

        /// <summary>What was printed below the line that says that a test failed.</summary>
        public string FailureOf(string test)
        {
            string line = $"  [-] d > case {_tests.IndexOf(test)}\n";
            int start = Output.IndexOf(line, StringComparison.Ordinal);
            Assert.True(start >= 0, $"'{test}' did not fail. The run printed:\n{Output}");
            string rest = Output[(start + line.Length)..];
            return string.Join('\n', rest.Split('\n').TakeWhile(text => text.StartsWith("      ", StringComparison.Ordinal)));
        }

        public void Dispose() => _folder.Dispose();
    }
}
