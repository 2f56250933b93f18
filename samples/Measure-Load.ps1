<#
.SYNOPSIS
    Loads a checkpoint of the article's model in one way, and says what that took, as JSON.
.DESCRIPTION
    Meant to run in a process of its own, as samples/Demo.ps1 does: memory that one way has freed is no longer fresh for
    the next.
#>
[CmdletBinding()]
param(
    # Naive builds the model, reads the whole state dict, and copies it over.
    [Parameter(Mandatory)]
    [ValidateSet('Naive', 'Resident', 'Mapped')]
    [string] $Mode,

    [Parameter(Mandatory)]
    [string] $Path
)

$ErrorActionPreference = 'Stop'
$root = [IO.Path]::GetDirectoryName($PSScriptRoot)
Import-Module ([WildcardPattern]::Escape("$root/out/LowMem/LowMem.psd1"))

function New-BoringModel([string] $Checkpoint) {
    $inProj = Get-CheckpointInfo -LiteralPath $Checkpoint -Key in_proj.weight
    $width = $inProj.Shape[0]
    $count = @(Get-CheckpointInfo -LiteralPath $Checkpoint -Key 'stages.*.weight').Count
    $stages = [LowMem.Loader.Skeletons.Containers.ModuleContainer]::new()
    for ($i = 0; $i -lt $count; $i++) {
        $stages.Add("$i", [TorchSharp.torch+nn]::Linear($width, $width))
    }
    $model = [LowMem.Loader.Skeletons.Containers.ModuleContainer]::new()
    $model.Add('in_proj', [TorchSharp.torch+nn]::Linear($inProj.Shape[1], $width))
    $model.Add('stages', $stages)
    $model.Add('out_proj', [TorchSharp.torch+nn]::Linear($width, 2))
    $model
}

function Import-Naive([string] $Checkpoint) {
    $model = New-BoringModel $Checkpoint
    $weights = Import-ModelLowMemory -LiteralPath $Checkpoint -Resident
    $null = $model.load_state_dict($weights.state_dict())
    $weights.Dispose()
    $model
}

function Import-LowMemory([string] $Checkpoint, [switch] $Resident) {
    $model = New-ModelSkeleton { New-BoringModel $Checkpoint }
    Import-ModelLowMemory -LiteralPath $Checkpoint -Module $model -Resident:$Resident
}

function Import-BoringModel([string] $Checkpoint) {
    switch ($Mode) {
        Naive { Import-Naive $Checkpoint }
        Resident { Import-LowMemory $Checkpoint -Resident }
        Mapped { Import-LowMemory $Checkpoint }
    }
}

# The start-up of torch and of the commands is no matter of the model: the small one goes first.
$null = New-ModelSkeleton { [TorchSharp.torch+nn]::Identity() }
(Import-BoringModel "$PSScriptRoot/boring.pt").Dispose()

$memory = [LowMem.Loader.Memory.PeakMemorySampler]::new()
try {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $model = Import-BoringModel $Path
    $watch.Stop()
    [pscustomobject]@{
        Mode    = $Mode
        Peak    = $memory.GetPeak() - $memory.Before
        Kept    = [LowMem.Loader.Memory.ProcessMemory]::GetPrivateBytes() - $memory.Before
        Seconds = $watch.Elapsed.TotalSeconds
    } | ConvertTo-Json -Compress
    $model.Dispose()
}
finally {
    $memory.Dispose()
}
