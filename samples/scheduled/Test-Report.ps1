<#
.SYNOPSIS
    Says whether the last report of Test-Nightly.ps1 is good and fresh, for a monitor that asks every hour.
.DESCRIPTION
    A job that does not run at all sends no alert. This looks at what it should have left behind, needs no module, writes one line, and ends with

    0   when the last report is fresh and every checkpoint passed
    1   when a checkpoint has errors
    2   when something was not tested, or there is no fresh report
    64  when what was asked for makes no sense
.EXAMPLE
    pwsh -NoProfile -File Test-Report.ps1 -ReportDirectory /var/lib/lowmem/reports -MaxAgeHours 26
#>
# No attributes, as in Test-Nightly.ps1: a wrong parameter is to end with 64.
param(
    [string] $ReportDirectory,

    # How old the report may be: a day, and what a run takes.
    [string] $MaxAgeHours = '26'
)

$hours = 0.0
if ($args -or -not $ReportDirectory -or -not [double]::TryParse($MaxAgeHours, [Globalization.NumberStyles]::Float, [cultureinfo]::InvariantCulture, [ref] $hours)) {
    [Console]::Error.WriteLine('Test-Report.ps1: -ReportDirectory names a directory, -MaxAgeHours a number, and there is nothing else.')
    exit 64
}

$ErrorActionPreference = 'Stop'
try {
    $file = Get-Item -LiteralPath "$ReportDirectory/verdicts.jsonl"
    $age = [DateTime]::UtcNow - $file.LastWriteTimeUtc
    if ($age.TotalHours -gt $hours) {
        [Console]::Out.WriteLine("UNKNOWN: the last report is $([int] $age.TotalHours) hours old")
        exit 2
    }

    $bad = @(foreach ($line in [IO.File]::ReadLines($file.FullName)) {
            $verdict = $line | ConvertFrom-Json
            if (-not $verdict.Passed) { $verdict }
        })
}
catch {
    [Console]::Out.WriteLine("UNKNOWN: there is no report that can be read: $_")
    exit 2
}

$untested = @($bad | Where-Object { $_.PSObject.Properties['Error'] })
if ($untested) {
    [Console]::Out.WriteLine("UNKNOWN: $($untested.Count) not tested, $($bad.Count - $untested.Count) failed; the first: $($untested[0].Error)")
    exit 2
}
if ($bad) {
    [Console]::Out.WriteLine("CRITICAL: $($bad.Count) failed; the first: $($bad[0].Findings[0].Code)")
    exit 1
}
[Console]::Out.WriteLine('OK: every checkpoint passed')
exit 0
