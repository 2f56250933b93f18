<#
.SYNOPSIS
    Tests all checkpoints below some folders, for a scheduled job.
.DESCRIPTION
    Writes verdicts.jsonl, one verdict in each line, and verdicts.sarif into the report directory, and ends with

    0   when every checkpoint passed
    1   when one has errors
    2   when something could not be tested, so that nothing is known about it - also when there is nothing to test
    64  when what was asked for makes no sense

    Nothing is asked and nothing is coloured. Memory does not grow with the number of checkpoints.
.EXAMPLE
    pwsh -NoProfile -File Test-Nightly.ps1 -Path /models -ReportDirectory /var/reports/models -Level Checksum
#>
# No parameter is mandatory, and none has an attribute: PowerShell ends with 1 when a parameter is wrong, and 1 says that a
# checkpoint has errors. So this script looks at them itself.
param(
    # Folders, or checkpoints.
    [string[]] $Path,

    # Where the reports go; made when it is not there.
    [string] $ReportDirectory,

    # Structure, Checksum or Values.
    [string] $Level = 'Checksum',

    # What is not below a folder of its own is found on PSModulePath.
    [string] $Module = "$PSScriptRoot/../out/LowMem/LowMem.psd1"
)

$usage = if ($args) { "there is no parameter $($args[0])" }
elseif (-not $Path) { '-Path is missing' }
elseif (-not $ReportDirectory) { '-ReportDirectory is missing' }
elseif ($Level -notin 'Structure', 'Checksum', 'Values') { "-Level is Structure, Checksum or Values, and not $Level" }
if ($usage) {
    [Console]::Error.WriteLine("Test-Nightly.ps1: $usage. Get-Help ./Test-Nightly.ps1 shows what there is.")
    exit 64
}

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
try {
    Import-Module ([WildcardPattern]::Escape($Module))
    $reports = (New-Item -ItemType Directory -Path $ReportDirectory -Force).FullName
    $lines = [IO.StreamWriter]::new("$reports/verdicts.jsonl.tmp")
    $count = @{ Passed = 0; Failed = 0; Untested = 0 }
    try {
        # An error about one checkpoint is a line of its own, and the rest goes on.
        Test-Checkpoint -LiteralPath $Path -Recurse -Level $Level -ErrorAction Continue 2>&1 | ForEach-Object {
            if ($_ -is [Management.Automation.ErrorRecord]) {
                $count.Untested++
                $lines.WriteLine((ConvertTo-Json -Compress -InputObject @{
                            Path = "$($_.TargetObject)"; Passed = $false; Error = $_.FullyQualifiedErrorId; Message = "$_" }))
            }
            else {
                $count[$_.Passed ? 'Passed' : 'Failed']++
                $lines.WriteLine(($_ | ConvertTo-Json -Compress -Depth 3 -EnumsAsStrings))
                $_
            }
        } | Export-CheckpointVerdict -Path "$reports/verdicts.sarif" -Force
    }
    finally {
        $lines.Dispose()
    }
    [IO.File]::Move("$reports/verdicts.jsonl.tmp", "$reports/verdicts.jsonl", $true)
}
catch {
    [Console]::Error.WriteLine("$_")
    exit 2
}

[Console]::Out.WriteLine("$($count.Passed) passed, $($count.Failed) failed, $($count.Untested) not tested")
if ($count.Untested -gt 0) { exit 2 }
if ($count.Failed -gt 0) { exit 1 }
exit ($count.Passed -gt 0 ? 0 : 2)
