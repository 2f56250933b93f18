<#
.SYNOPSIS
    Explores a checkpoint of many keys with the module, and a folder of as many files with what PowerShell has, in a process of its own.
.DESCRIPTION
    Speaks the protocol of Cases/Step.cs: says what it is ready for and has done, and waits for a line each time. The folder has a file for
    each key in a folder 'table', as the checkpoint has tensors in a module of that name.
#>
param([string] $Module, [string] $Checkpoint, [string] $Folder, [int] $Repeats = 5)

$ErrorActionPreference = 'Stop'
Import-Module $Module

function Write-Step([string] $Name, [double] $Seconds, [double] $Value) {
    # PowerShell writes numbers into texts as the invariant culture does.
    [Console]::Out.WriteLine("$Name $Seconds $Value")
    $null = [Console]::In.ReadLine()
}

# The first time, and the median of those after it.
function Measure-Step([string] $Name, [scriptblock] $Script) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $value = & $Script
    Write-Step "$Name-first" $watch.Elapsed.TotalSeconds $value
    $seconds = for ($i = 0; $i -lt $Repeats; $i++) {
        $watch.Restart()
        $value = & $Script
        $watch.Elapsed.TotalSeconds
    }
    Write-Step $Name @($seconds | Sort-Object)[[int] [Math]::Floor($Repeats / 2)] $value
}

function Get-CompletionCount([string] $Line) {
    [Management.Automation.CommandCompletion]::CompleteInput($Line, $Line.Length, $null).CompletionMatches.Count
}

Write-Step ready 0 0
$null = New-PSDrive bench Checkpoint $Checkpoint
Measure-Step cd { Set-Location bench:/; Set-Location bench:/table; 1 }
# Items as they come, none of them kept: a list of them all costs PowerShell more than the items do, then and later.
$items = (Get-Item bench:/table).TensorCount
Measure-Step dir { Get-ChildItem bench:/table | Out-Null; $items }
Set-Location $Folder
Measure-Step cd-files { Set-Location $Folder; Set-Location "$Folder/table"; 1 }
$files = @(Get-ChildItem "$Folder/table").Count
Measure-Step dir-files { Get-ChildItem "$Folder/table" | Out-Null; $files }
Measure-Step tree { @(Get-CheckpointInfo $Checkpoint -Tree).Count }
Measure-Step pattern { @(Get-CheckpointInfo $Checkpoint -Pattern).Count }
Measure-Step complete { Get-CompletionCount "Get-CheckpointInfo '$Checkpoint' -Key table.row9999" }
Measure-Step complete-files { Get-CompletionCount "Get-Item '$Folder/table/row9999" }
