<#
.SYNOPSIS
    Measures memory and time of ways to load a model, side by side, and writes the figures to docs/performance.md.
.DESCRIPTION
    Makes checkpoints in the temporary directory and loads each one -Runs times in each way, each time in a process of
    its own: LowMem mapped and resident, what TorchSharp has itself, and PyTorch's ways where there is a Python with
    PyTorch. Ends with an error when a target is missed. Takes three times the size of the largest model in memory and
    twice in the temporary directory, and about ten minutes.
.EXAMPLE
    ./benchmarks/Run.ps1 -MiB 512,1024 -Runs 3 -Only loads -NoPage
#>
[CmdletBinding()]
param(
    # The sizes of the models in MiB, in one string, separated by commas.
    [ValidatePattern('^\d+(,\d+)*$')]
    [string] $MiB = '2048,4096',

    [ValidateRange(1, 100)]
    [int] $Runs = 5,

    # How many tensors the checkpoint of many small ones has.
    [ValidateRange(4, 1000000)]
    [int] $Tensors = 100000,

    # The size of the sparse checkpoint, which is to be larger than the memory.
    [ValidateRange(1, 1048576)]
    [int] $SparseMiB = 61440,

    # Names of benchmarks, separated by commas; empty for all.
    [string] $Only = '',

    # Only shows the figures. Those of a part of the benchmarks never go to the page.
    [switch] $NoPage
)

$ErrorActionPreference = 'Stop'
$root = [IO.Path]::GetDirectoryName($PSScriptRoot)
Import-Module ([WildcardPattern]::Escape("$root/tools/Build.psm1")) -Force

$project = [IO.Path]::Combine($PSScriptRoot, 'LowMem.Benchmarks')
Invoke-Native dotnet @('build', $project, '-c', 'Release', '-v', 'quiet', '-clp:NoSummary', '--nologo')

$program = [IO.Path]::Combine($project, 'bin', 'Release', 'net10.0', 'LowMem.Benchmarks.dll')
$arguments = @($program, '--mib', $MiB, '--runs', $Runs, '--tensors', $Tensors, '--sparse-mib', $SparseMiB)
$module = [IO.Path]::Combine($root, 'out', 'LowMem', 'LowMem.psd1')
if ([IO.File]::Exists($module)) {
    $arguments += @('--powershell', (@(Get-PowerShellCommand) -join [IO.Path]::PathSeparator), '--module', $module)
}
if ($Only) {
    $arguments += @('--only', $Only)
}
elseif (-not $NoPage) {
    $arguments += @('--page', [IO.Path]::Combine($root, 'docs', 'performance.md'))
}
Invoke-Native dotnet $arguments
