<#
.SYNOPSIS
    Runs the tests in the given files or directories; exit code 1 when one fails.
.EXAMPLE
    tools/PesterSubset/Invoke-PesterSubset.ps1 tests/Pester
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory, Position = 0)][string[]] $Path,
    [string] $FullNameFilter = '*'
)

Import-Module "$PSScriptRoot/PesterSubset.psm1" -Force
$results = Invoke-PesterSubset -Path $Path -FullNameFilter $FullNameFilter
"$($results.Passed) passed, $($results.Failed) failed, $($results.Skipped) skipped"
exit ([int] ($results.Failed -gt 0))
