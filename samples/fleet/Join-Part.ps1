<#
.SYNOPSIS
    Joins the parts of a fleet's job to verdicts, as if one machine had tested all.
.DESCRIPTION
    Writes verdicts.jsonl, one verdict in each line, and verdicts.sarif into the report directory, and ends with

    0  when every checkpoint passed
    1  when one has errors
    2  when parts are missing, doubled or of another job, or something could not be tested
.EXAMPLE
    pwsh -NoProfile -File Join-Part.ps1 -ReportDirectory /reports/nightly
#>
[CmdletBinding()]
param(
    # Where the parts are, and where the reports go.
    [Parameter(Mandatory)]
    [string] $ReportDirectory,

    [string] $Module = "$PSScriptRoot/../../out/LowMem/LowMem.psd1"
)

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
try {
    Import-Module ([WildcardPattern]::Escape($Module))
    $reports = (Resolve-Path -LiteralPath $ReportDirectory).ProviderPath
    $verdicts = @(Join-CheckpointPart -Path "$([WildcardPattern]::Escape($reports))/part-*.json" -ErrorAction Continue -ErrorVariable untested)
    $verdicts | ForEach-Object { $_ | ConvertTo-Json -Compress -Depth 3 -EnumsAsStrings } | Set-Content -LiteralPath "$reports/verdicts.jsonl"
    if ($verdicts) { $verdicts | Export-CheckpointVerdict -Path "$reports/verdicts.sarif" -Force }
}
catch {
    [Console]::Error.WriteLine("$_")
    exit 2
}

$failed = @($verdicts | Where-Object { -not $_.Passed }).Count
[Console]::Out.WriteLine("$($verdicts.Count - $failed) passed, $failed failed, $($untested.Count) not tested")
if ($untested.Count -gt 0 -or $verdicts.Count -eq 0) { exit 2 }
exit ($failed -gt 0 ? 1 : 0)
