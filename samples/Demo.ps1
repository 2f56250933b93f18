<#
.SYNOPSIS
    Shows the main job on the article's model, then what three ways to load a large one cost in memory.
.DESCRIPTION
    Needs the built module in out/LowMem (./build.ps1 Build). The large checkpoint is made in the temporary directory and
    removed again. Loading it the naive way takes twice its size in memory.
#>
[CmdletBinding()]
param(
    # The size of the large model.
    [ValidateRange(64, 65536)]
    [int] $MiB = 1024
)

$ErrorActionPreference = 'Stop'
$root = [IO.Path]::GetDirectoryName($PSScriptRoot)
Import-Module ([WildcardPattern]::Escape("$root/tools/Build.psm1")) -Force

Invoke-Script "$PSScriptRoot/Walkthrough.ps1"

# The naive way needs the model twice, and the rest of the machine something too.
$available = [Math]::Floor([GC]::GetGCMemoryInfo().TotalAvailableMemoryBytes / 1MB / 3)
$size = [int][Math]::Max(64, [Math]::Min($MiB, $available))

$maker = "$root/tools/CheckpointMaker"
$log = & dotnet build $maker -c Release -v quiet --nologo
if ($LASTEXITCODE -ne 0) {
    $log | Out-Host
    throw "'$maker' does not build."
}

$directory = [IO.Directory]::CreateTempSubdirectory('lowmem-demo-').FullName
try {
    Write-Host ''
    Write-Host "== Three ways to load a model of $size MiB"
    $checkpoint = [IO.Path]::Combine($directory, 'large.pt')
    Invoke-Native dotnet @("$maker/bin/Release/net10.0/LowMem.CheckpointMaker.dll", $checkpoint, $size)

    $ways = [ordered]@{
        Naive    = 'naive: build, read all, copy'
        Resident = 'Import-ModelLowMemory -Resident'
        Mapped   = 'Import-ModelLowMemory (mapped)'
    }
    $rows = foreach ($mode in $ways.Keys) {
        $result = Invoke-Script "$PSScriptRoot/Measure-Load.ps1" @('-Mode', $mode, '-Path', $checkpoint) | ConvertFrom-Json
        $format = [Globalization.CultureInfo]::InvariantCulture
        [pscustomobject]@{
            'Way to load'     = $ways[$mode]
            'Peak private'    = ($result.Peak / 1MB).ToString('0.0', $format) + ' MiB'
            'In models'       = ($result.Peak / 1MB / $size).ToString('0.00', $format)
            'Kept afterwards' = ($result.Kept / 1MB).ToString('0.0', $format) + ' MiB'
            'Seconds'         = $result.Seconds.ToString('0.00', $format)
        }
    }
    $rows | Format-Table -AutoSize | Out-Host
    Write-Host 'Private memory over what torch had taken before; each way ran in a process of its own.'
}
finally {
    [IO.Directory]::Delete($directory, $true)
}
