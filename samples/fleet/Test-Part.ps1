<#
.SYNOPSIS
    Tests one part of a fleet's job and keeps what it came to, for schedulers that run scripts.
.DESCRIPTION
    Writes part-<number>-of-<count>.json into the report directory. The file is whole or not there, so that a part that was killed is
    run again. Ends with

    0   when nothing is wrong in this share
    1   when something is: the part is kept, and running it again would find the same
    2   when the part could not be run, or a checkpoint in it could not be read, so that it is worth another try
    64  when what was asked for makes no sense, so that no part can be run

    Of the whole, only Join-Part.ps1 tells.
.EXAMPLE
    pwsh -NoProfile -File Test-Part.ps1 -Part 3/8 -Path /models -ReportDirectory /reports/nightly
#>
[CmdletBinding(DefaultParameterSetName = 'Part')]
param(
    # Which part of how many.
    [Parameter(Mandatory, ParameterSetName = 'Part')]
    [string] $Part,

    # The same for schedulers that count from 0.
    [Parameter(Mandatory, ParameterSetName = 'Index')]
    [int] $Index,

    [Parameter(Mandatory, ParameterSetName = 'Index')]
    [int] $Count,

    # Folders, or checkpoints; the same for all parts.
    [Parameter(Mandatory)]
    [string[]] $Path,

    # Where the parts are kept, which all machines share.
    [Parameter(Mandatory)]
    [string] $ReportDirectory,

    [ValidateSet('Structure', 'Checksum', 'Values')]
    [string] $Level = 'Checksum',

    [string] $Module = "$PSScriptRoot/../../out/LowMem/LowMem.psd1"
)

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
if ($PSCmdlet.ParameterSetName -eq 'Index') { $Part = "$($Index + 1)/$Count" }
if ($Part -notmatch '^([1-9]\d*)/([1-9]\d*)$' -or [long]$Matches[1] -gt [long]$Matches[2]) {
    [Console]::Error.WriteLine("'$Part' is no part.")
    exit 64
}

try {
    $name = 'part-{0:D5}-of-{1:D5}.json' -f [int]$Matches[1], [int]$Matches[2]
    $reports = (New-Item -ItemType Directory -Path $ReportDirectory -Force).FullName
    Import-Module ([WildcardPattern]::Escape($Module))
    $result = Test-Checkpoint -LiteralPath $Path -Recurse -Level $Level -Part $Part -ErrorAction SilentlyContinue -ErrorVariable untested
    if (-not $result -or $result.ListCount -eq 0) { throw "There is nothing to test. $untested" }
    # Of one process, so that two that run the same part do not meet.
    $temporary = "$reports/.$name.$PID"
    [IO.File]::WriteAllText($temporary, ($result | ConvertTo-Json))
    [IO.File]::Move($temporary, "$reports/$name", $true)
}
catch {
    [Console]::Error.WriteLine("$_")
    exit 2
}

[Console]::Out.WriteLine("$result")
if ($untested) { exit 2 }
exit ($result.PartPassed ? 0 : 1)
