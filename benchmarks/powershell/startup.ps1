<#
.SYNOPSIS
    Starts, imports the module where one is named, lists a checkpoint where one is named, and says how much processor time that took,
    and where PowerShell's own assembly is.
#>
param([string] $Module, [string] $Checkpoint)

$ErrorActionPreference = 'Stop'
if ($Module) { Import-Module $Module }
if ($Checkpoint -and @(Get-CheckpointInfo $Checkpoint).Count -eq 0) { throw "There is nothing in '$Checkpoint'." }
# PowerShell writes numbers into texts as the invariant culture does.
[Console]::Out.WriteLine("$([Diagnostics.Process]::GetCurrentProcess().TotalProcessorTime.TotalSeconds)")
[Console]::Out.WriteLine([psobject].Assembly.Location)
