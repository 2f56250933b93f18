<#
.SYNOPSIS
Types the lines of session.txt into this PowerShell, and shows each of them with its prompt and what comes.
.DESCRIPTION
For record.py, which makes a picture of it, and for the test that holds the picture to what the module says today.
#>
param(
    # The module's manifest.
    [Parameter(Mandatory)] [string] $Module,

    # No colours.
    [switch] $Plain
)

$ErrorActionPreference = 'Stop'
$PSStyle.OutputRendering = if ($Plain) { 'PlainText' } else { 'Ansi' }
$ProgressPreference = 'SilentlyContinue'
Import-Module (Resolve-Path $Module).Path
$lines = Get-Content "$PSScriptRoot/session.txt" | Where-Object { $_ -and $_ -notlike '#*' }
Set-Location "$PSScriptRoot/../../samples"
foreach ($line in $lines) {
    $place = (Get-Location).Drive.Provider.Name -eq 'FileSystem' ? (Split-Path -Leaf $PWD) : $PWD.Path
    "$($PSStyle.Foreground.BrightBlack)PS $place>$($PSStyle.Reset) $($PSStyle.Bold)$line$($PSStyle.Reset)" | Out-Host
    . ([scriptblock]::Create($line)) | Out-Host
}
