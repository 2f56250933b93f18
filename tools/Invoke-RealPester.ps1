<#
.SYNOPSIS
    Runs Pester files in real Pester 5, with the closing line and exit code of tools/PesterSubset.
#>
[CmdletBinding()]
param([Parameter(Mandatory, Position = 0)][string] $Path)

# Tests inherit the preferences of this script, so that it leaves them as they are.
Import-Module Pester -MinimumVersion 5.0 -MaximumVersion 5.99 -ErrorAction Stop

$configuration = New-PesterConfiguration
$configuration.Run.Path = $Path
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Detailed'
$configuration.Output.CIFormat = 'None'
if ([Console]::IsOutputRedirected) { $configuration.Output.RenderMode = 'Plaintext' }
$run = Invoke-Pester -Configuration $configuration

# A file that cannot be read, or a BeforeAll or AfterAll that throws, is a failure of its own.
$failed = $run.FailedCount + $run.FailedBlocksCount + $run.FailedContainersCount
$skipped = $run.SkippedCount + $run.InconclusiveCount + $run.NotRunCount
"$($run.PassedCount) passed, $failed failed, $skipped skipped"
exit ([int] ($failed -gt 0))
