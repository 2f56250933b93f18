<#
.SYNOPSIS
    Makes a scheduled task of Windows that tests checkpoints every night.
.DESCRIPTION
    The task runs samples/Test-Nightly.ps1 as NETWORK SERVICE. Its last result is the exit code of the script:
    (Get-ScheduledTaskInfo LowMem-Nightly).LastTaskResult
.EXAMPLE
    ./Register-NightlyTask.ps1 -Path D:\models -ReportDirectory D:\reports -WhatIf
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    # A folder, or a checkpoint.
    [Parameter(Mandatory)]
    [string] $Path,

    [Parameter(Mandatory)]
    [string] $ReportDirectory,

    [DateTime] $At = '02:30',

    [string] $TaskName = 'LowMem-Nightly',

    [string] $Script = [IO.Path]::GetFullPath("$PSScriptRoot/../Test-Nightly.ps1")
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Command Register-ScheduledTask -ErrorAction Ignore)) {
    throw 'There is no Register-ScheduledTask: scheduled tasks are a part of Windows. Use the timer of systemd, or cron.'
}

# One string: quotes inside would be arguments of their own.
foreach ($text in $Path, $ReportDirectory, $Script) {
    if ($text.Contains('"') -or $text.EndsWith('\')) { throw "A path has no quotes, and no backslash at its end: $text" }
}

$pwsh = [IO.Path]::Combine($PSHOME, $IsWindows ? 'pwsh.exe' : 'pwsh')
$arguments = "-NoProfile -NonInteractive -File `"$Script`" -Path `"$Path`" -ReportDirectory `"$ReportDirectory`""
$task = @{
    TaskName    = $TaskName
    Description = 'Tests checkpoints; see LastTaskResult: 0 passed, 1 errors, 2 not tested, 64 wrong arguments.'
    Action      = New-ScheduledTaskAction -Execute $pwsh -Argument $arguments
    Trigger     = New-ScheduledTaskTrigger -Daily -At $At -RandomDelay ([TimeSpan]::FromMinutes(30))
    # Not twice at once; made up for when the machine was off; ended when it hangs; below the work of people.
    Settings    = New-ScheduledTaskSettingsSet -MultipleInstances IgnoreNew -StartWhenAvailable -ExecutionTimeLimit ([TimeSpan]::FromHours(8)) -Priority 7
    Principal   = New-ScheduledTaskPrincipal -UserId 'NT AUTHORITY\NETWORK SERVICE' -LogonType ServiceAccount
    Force       = $true
}

if ($PSCmdlet.ShouldProcess($TaskName, "Run $pwsh $arguments every day at $($At.ToString('HH:mm'))")) {
    Register-ScheduledTask @task
}
