<#
.SYNOPSIS
    Tests all checkpoints below a folder with the module, in a process of its own.
.DESCRIPTION
    Speaks the protocol of Cases/Step.cs: says what it is ready for and has done, and waits for a line each time.
#>
param([string] $Module, [string] $Folder)

$ErrorActionPreference = 'Stop'
Import-Module $Module

function Write-Step([string] $Name, [double] $Seconds, [double] $Value) {
    # PowerShell writes numbers into texts as the invariant culture does.
    [Console]::Out.WriteLine("$Name $Seconds $Value")
    $null = [Console]::In.ReadLine()
}

function Measure-Folder([string] $Name) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $passed = 0
    Test-Checkpoint -LiteralPath $Folder -Recurse | ForEach-Object { if ($_.Passed) { $passed++ } else { throw $_.FirstFinding } }
    Write-Step $Name $watch.Elapsed.TotalSeconds $passed
}

Write-Step ready 0 0
Measure-Folder loaded
Measure-Folder again
