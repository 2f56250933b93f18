<#
.SYNOPSIS
    Measures memory and time of ways to load a model, side by side, and writes the figures to docs/performance.md.
.DESCRIPTION
    Makes a checkpoint of -MiB in the temporary directory and loads it -Runs times in each way, each time in a process
    of its own: LowMem mapped and resident, the naive way in the same engine, and PyTorch's where there is a Python
    with PyTorch. Ends with an error when a target is missed. Takes three times the size of the model in memory.
#>
[CmdletBinding()]
param(
    [ValidateRange(64, 1048576)]
    [int] $MiB = 2048,

    [ValidateRange(1, 100)]
    [int] $Runs = 5,

    # Only shows the figures.
    [switch] $NoPage
)

$ErrorActionPreference = 'Stop'
$root = [IO.Path]::GetDirectoryName($PSScriptRoot)
Import-Module "$root/tools/Build.psm1" -Force

$project = [IO.Path]::Combine($PSScriptRoot, 'LowMem.Benchmarks')
Invoke-Native dotnet @('build', $project, '-c', 'Release', '-v', 'quiet', '-clp:NoSummary', '--nologo')

$program = [IO.Path]::Combine($project, 'bin', 'Release', 'net10.0', 'LowMem.Benchmarks.dll')
$page = if ($NoPage) { @() } else { @([IO.Path]::Combine($root, 'docs', 'performance.md')) }
Invoke-Native dotnet (@($program, $MiB, $Runs) + $page)
