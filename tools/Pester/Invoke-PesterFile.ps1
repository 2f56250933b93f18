<#
.SYNOPSIS
    Runs Pester files, in a process that is meant for nothing else, names what failed, and ends with a line of counts.
.DESCRIPTION
    Tests see PowerShell's own modules, the Pester named here, and what they import by path. Whatever else the machine
    has - another Pester, a module with commands of the same names - is out of reach.
#>
[CmdletBinding()]
param(
    # Files or directories. From a command line, several are one text with bars between them.
    [Parameter(Mandatory)][string[]] $Path,

    # The Pester.psd1 to run them with.
    [Parameter(Mandatory)][string] $Manifest,

    # Runs only the tests whose full names match one of these patterns.
    [string[]] $FullNameFilter = @()
)

$Path = @($Path -split '\|')

# Tests inherit the preferences of this script, so that it leaves them as they are.
$env:PSModulePath = [IO.Path]::Combine($PSHOME, 'Modules')
Import-Module ([WildcardPattern]::Escape($Manifest)) -ErrorAction Stop

# -Path takes patterns: below a folder whose name has brackets, the tests run through a link whose name has none.
$root = [IO.Path]::GetFullPath([IO.Path]::Combine($PSScriptRoot, '..', '..'))
$link = if ([WildcardPattern]::ContainsWildcardCharacters($root)) {
    [IO.Directory]::CreateSymbolicLink([IO.Path]::Combine([IO.Path]::GetTempPath(), "lowmem-tests-$PID"), $root).FullName
}
if ($link) { $Path = @($Path.ForEach({ [IO.Path]::GetFullPath($_).Replace($root, $link) })) }

$configuration = New-PesterConfiguration
$configuration.Run.Path = @($Path.ForEach({ [WildcardPattern]::Escape($_) }))
$configuration.Run.PassThru = $true
$configuration.Filter.FullName = $FullNameFilter
# ./build.ps1 Test -Slow says so.
if (-not $env:LOWMEM_TEST_SLOW) { $configuration.Filter.ExcludeTag = 'Slow' }
$configuration.Output.Verbosity = 'Detailed'
$configuration.Output.CIFormat = 'None'
if ([Console]::IsOutputRedirected) { $configuration.Output.RenderMode = 'Plaintext' }
try { $run = Invoke-Pester -Configuration $configuration }
finally { if ($link) { [IO.Directory]::Delete($link) } }

# A file that cannot be read, or a BeforeAll or AfterAll that throws, is a failure of its own.
$failed = $run.FailedCount + $run.FailedBlocksCount + $run.FailedContainersCount
$skipped = $run.SkippedCount + $run.InconclusiveCount + $run.NotRunCount
foreach ($test in @($run.Failed) + @($run.FailedBlocks) + @($run.FailedContainers)) {
    "failed: $($test.ExpandedPath ?? $test.Name): $(@($test.ErrorRecord)[0])" -replace '[\r\n]+', ' '
}
$slow = @($run.Tests).Where({ -not $_.ShouldRun -and ($_.Tag -contains 'Slow' -or $_.Block.Tag -contains 'Slow') })
if ($slow) { "Not run, and counted as skipped: $($slow.Count) slow tests. ./build.ps1 Test -Slow runs them." }
"$($run.PassedCount) passed, $failed failed, $skipped skipped"
exit ([int] ($failed -gt 0))
