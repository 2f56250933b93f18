<#
.SYNOPSIS
    Tests checkpoints on many machines by SSH.
.DESCRIPTION
    Every machine takes one part after the other, each in a PowerShell of its own, and the parts are joined to verdicts as if one machine
    had tested all. A machine that cannot be reached, or fails, is reported, and its share is given to the others. The machines have to
    see the checkpoints under the same paths. Writes the parts, verdicts.jsonl and verdicts.sarif into the report directory, and ends with

    0  when every checkpoint passed, also when machines were lost
    1  when a checkpoint has errors
    2  when parts could not be run, or something could not be tested
.EXAMPLE
    pwsh -NoProfile -File Invoke-FleetTest.ps1 -HostName (Get-Content hosts.txt) -Path /models -ReportDirectory /reports/nightly -CopyModule
#>
[CmdletBinding()]
param(
    # Machines with sshd and PowerShell: name, user@name or user@name:port.
    [Parameter(Mandatory)]
    [string[]] $HostName,

    # Folders, or checkpoints, as the machines see them.
    [Parameter(Mandatory)]
    [string[]] $Path,

    [Parameter(Mandatory)]
    [string] $ReportDirectory,

    [ValidateSet('Structure', 'Checksum', 'Values')]
    [string] $Level = 'Checksum',

    # How many parts there are; a few for each machine, so that the fast ones take more and little is lost with one.
    [ValidateRange(1, 100000)]
    [int] $PartCount = 4 * $HostName.Count,

    # The module: on a disk that all machines share, or here, with -CopyModule.
    [string] $Module = "$PSScriptRoot/../../out/LowMem/LowMem.psd1",

    # Copies the module to every machine first by scp, without libtorch, which tests do not need.
    [switch] $CopyModule,

    # How often a part is tried.
    [int] $MaxAttempts = 3,

    # What starts PowerShell on the machines.
    [string] $PowerShell = 'pwsh',

    [string] $KeyFilePath,

    # Options of ssh. By these, a machine that is gone is noticed within half a minute.
    [hashtable] $SshOption = @{ BatchMode = 'yes'; ConnectTimeout = '30'; ServerAliveInterval = '10'; ServerAliveCountMax = '3' }
)

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$sshArgument = @($SshOption.GetEnumerator().ForEach({ '-o'; "$($_.Key)=$($_.Value)" }); if ($KeyFilePath) { '-i'; $KeyFilePath })
$running = @{}
$machines = @()
$package = $null

# These run on the machines, read what they are given as JSON and write one line of it.
$getReady = {
    $ErrorActionPreference = 'Stop'
    $given = $input | ConvertFrom-Json
    $module = $given.Module
    if ($given.Copy) {
        $module = "$HOME/$($given.Copy)/LowMem.psd1"
        [IO.Compression.ZipFile]::ExtractToDirectory("$HOME/$($given.Copy).zip", "$HOME/$($given.Copy)")
    }
    Import-Module ([WildcardPattern]::Escape($module))
    @{ Module = $module } | ConvertTo-Json -Compress -EscapeHandling EscapeNonAscii
}
$testPart = {
    $ErrorActionPreference = 'Stop'
    $given = $input | ConvertFrom-Json
    Import-Module ([WildcardPattern]::Escape($given.Module))
    $result = Test-Checkpoint -LiteralPath $given.Path -Recurse -Level $given.Level -Part $given.Part -ErrorAction SilentlyContinue -ErrorVariable problem
    if (-not $result) { throw "$problem" }
    $result | ConvertTo-Json -Compress -EscapeHandling EscapeNonAscii
}
$removeCopy = {
    $given = $input | ConvertFrom-Json
    "$HOME/$($given.Copy)", "$HOME/$($given.Copy).zip" | Where-Object { Test-Path -LiteralPath $_ } | Remove-Item -Recurse -Force
}

function Write-FleetLog([string] $Text) { [Console]::Error.WriteLine("$([DateTime]::UtcNow.ToString('u')) $Text") }

# What is no assembly of .NET is libtorch or a part of it.
function Test-IsManaged([IO.FileInfo] $File) {
    if ($File.Extension -in '.psd1', '.ps1xml', '.xml', '.json') { return $true }
    if ($File.Extension -ne '.dll') { return $false }
    try { $null = [Reflection.AssemblyName]::GetAssemblyName($File.FullName); $true } catch { $false }
}

# One file for each machine: many small ones would take much longer.
function New-ModulePackage {
    $source = [IO.Path]::GetDirectoryName((Resolve-Path -LiteralPath $Module).ProviderPath)
    $zip = [IO.Path]::GetTempFileName()
    $archive = [IO.Compression.ZipFile]::Open($zip, 'Update')
    foreach ($file in Get-ChildItem -LiteralPath $source -Recurse -File | Where-Object { Test-IsManaged $_ }) {
        $name = [IO.Path]::GetRelativePath($source, $file.FullName).Replace('\', '/')
        $null = [IO.Compression.ZipFileExtensions]::CreateEntryFromFile($archive, $file.FullName, $name)
    }
    $archive.Dispose()
    $zip
}

# Runs a script on a machine, as a job that gives its answer, or null, and what was wrong. Each has an ssh of its own,
# which may end at any time. Where it ends under a session (New-PSSession), a thread of PowerShell may fail, and all of PowerShell with it.
function Start-OnMachine([string] $Machine, [scriptblock] $Script, [hashtable] $Given, [string] $Package) {
    $encoded = [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes("`$ProgressPreference = 'SilentlyContinue'$Script"))
    $command = "$PowerShell -NoProfile -NonInteractive -OutputFormat Text -EncodedCommand $encoded"
    $json = ConvertTo-Json $Given -Compress -EscapeHandling EscapeNonAscii
    Start-ThreadJob -Name $Machine -ThrottleLimit $HostName.Count {
        $said = if ($using:Package) { & scp -q $using:sshArgument $using:Package "scp://$using:Machine/$(($using:Given).Copy).zip" 2>&1 }
        if (-not $using:Package -or $LASTEXITCODE -eq 0) { $said = $using:json | & ssh $using:sshArgument "ssh://$using:Machine" $using:command 2>&1 }
        [pscustomobject]@{
            # What a login prints may come before.
            Answer = if ($LASTEXITCODE -eq 0) { @($said) -like '{*' | Select-Object -Last 1 }
            # The code that ssh has for itself.
            Lost   = $LASTEXITCODE -eq 255
            Said   = "$said"
        }
    }
}

try {
    $reports = (New-Item -ItemType Directory -Path $ReportDirectory -Force).FullName
    Remove-Item -Path "$([WildcardPattern]::Escape($reports))/part-*-of-*.json"
    if ($CopyModule) { $package = New-ModulePackage }

    # A copy has a name of its own in the home directory, which machines may share.
    $machines = @($HostName.ForEach({ @{ Name = $_; Module = $Module; Copy = $CopyModule ? "lowmem-$([guid]::NewGuid())" : $null } }))
    $starting = @($machines.ForEach({ @{ Machine = $_; Job = Start-OnMachine $_.Name $getReady @{ Module = $Module; Copy = $_.Copy } $package } }))
    $free = [Collections.Generic.Queue[object]]::new()
    foreach ($start in $starting) {
        $machine = $start.Machine
        $done = Receive-Job -Job $start.Job -AutoRemoveJob -Wait
        if ($done.Answer) {
            $machine.Module = ($done.Answer | ConvertFrom-Json).Module
            $free.Enqueue($machine)
        }
        else { Write-FleetLog "lost: $($machine.Name): $($done.Said)" }
    }
    if ($free.Count -eq 0) { throw 'No machine could be reached and load the module.' }

    $waiting = [Collections.Generic.Queue[int]]::new([int[]]@(1..$PartCount))
    $attempts = @{}
    $givenUp = [Collections.Generic.List[int]]::new()
    while ($waiting.Count -gt 0 -or $running.Count -gt 0) {
        while ($waiting.Count -gt 0 -and $free.Count -gt 0) {
            $number = $waiting.Dequeue()
            $machine = $free.Dequeue()
            $attempts[$number]++
            $job = Start-OnMachine $machine.Name $testPart @{ Module = $machine.Module; Path = $Path; Level = $Level; Part = "$number/$PartCount" }
            $running[$job.Id] = @{ Job = $job; Machine = $machine; Number = $number }
        }
        if ($running.Count -eq 0) { throw "$($waiting.Count) of $PartCount parts were not run: no machine is left." }

        foreach ($job in Wait-Job -Job @($running.Values.ForEach({ $_.Job })) -Any) {
            $work = $running[$job.Id]
            $running.Remove($job.Id)
            $done = Receive-Job -Job $job -AutoRemoveJob -Wait
            $name = $work.Machine.Name
            if (-not $done.Lost) { $free.Enqueue($work.Machine) }
            else { Write-FleetLog "lost: $name, with part $($work.Number)/$PartCount, which another one takes: $($done.Said)" }

            if ($done.Answer) {
                $result = $done.Answer | ConvertFrom-Json
                [IO.File]::WriteAllText(("$reports/part-{0:D5}-of-{1:D5}.json" -f $work.Number, $PartCount), $done.Answer)
                Write-FleetLog "${name}: part $($result.Part), $($result.CheckpointCount) checkpoints, $($result.BytesRead) bytes, $($result.Errors) errors"
            }
            elseif ($attempts[$work.Number] -lt $MaxAttempts) { $waiting.Enqueue($work.Number) }
            else {
                Write-FleetLog "given up: part $($work.Number)/${PartCount}: $($done.Said)"
                $givenUp.Add($work.Number)
            }
        }
    }
    if ($givenUp.Count -gt 0) { throw "$($givenUp.Count) of $PartCount parts could not be run: $($givenUp -join ', ')." }
}
catch {
    [Console]::Error.WriteLine("$_")
    exit 2
}
finally {
    if ($package) { Remove-Item -LiteralPath $package }
    $running.Values.ForEach({ Remove-Job -Job $_.Job -Force -ErrorAction SilentlyContinue })
    # Whatever became of a machine: what was copied is to be gone where it still answers.
    $removing = $machines | Where-Object Copy | ForEach-Object { Start-OnMachine $_.Name $removeCopy @{ Copy = $_.Copy } }
    if ($removing) { $null = Receive-Job -Job $removing -AutoRemoveJob -Wait }
}

& "$PSScriptRoot/Join-Part.ps1" -ReportDirectory $reports -Module $Module
exit $LASTEXITCODE
