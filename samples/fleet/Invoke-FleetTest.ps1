<#
.SYNOPSIS
    Tests checkpoints on many machines by PowerShell remoting over SSH.
.DESCRIPTION
    Every machine takes one part after the other, and the parts are joined to verdicts as if one machine had tested all. A machine that
    cannot be reached, or fails, is reported, and its share is given to the others. The machines have to see the checkpoints under the
    same paths. Writes the parts, verdicts.jsonl and verdicts.sarif into the report directory, and ends with

    0  when every checkpoint passed, also when machines were lost
    1  when a checkpoint has errors
    2  when parts could not be run, or something could not be tested
.EXAMPLE
    pwsh -NoProfile -File Invoke-FleetTest.ps1 -HostName (Get-Content hosts.txt) -Path /models -ReportDirectory /reports/nightly -CopyModule
#>
[CmdletBinding()]
param(
    # Machines with PowerShell as a subsystem of sshd: name, user@name or user@name:port.
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

    # Copies the module to every machine first, without libtorch, which tests do not need.
    [switch] $CopyModule,

    # How often a part is tried.
    [int] $MaxAttempts = 3,

    # How many machines are set up at the same time.
    [int] $ThrottleLimit = 32,

    [string] $KeyFilePath,

    # Options of ssh. By these, a machine that is gone is noticed within half a minute.
    [hashtable] $SshOption = @{ BatchMode = 'yes'; ServerAliveInterval = '10'; ServerAliveCountMax = '3' }
)

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$sessions = @()
$running = @{}
$package = $null
$modules = @()

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

function Copy-Module([Management.Automation.Runspaces.PSSession] $Session, [string] $Package) {
    $target = Invoke-Command -Session $Session { [IO.Directory]::CreateTempSubdirectory('lowmem-').FullName }
    Copy-Item -LiteralPath $Package -Destination "$target/LowMem.zip" -ToSession $Session
    Invoke-Command -Session $Session { [IO.Compression.ZipFile]::ExtractToDirectory("$using:target/LowMem.zip", $using:target) }
    "$target/LowMem.psd1"
}

try {
    $reports = (New-Item -ItemType Directory -Path $ReportDirectory -Force).FullName
    Remove-Item -Path "$([WildcardPattern]::Escape($reports))/part-*-of-*.json"
    $connection = @{ HostName = $HostName; Options = $SshOption }
    if ($KeyFilePath) { $connection.KeyFilePath = $KeyFilePath }
    $sessions = @(New-PSSession @connection -ErrorAction SilentlyContinue -ErrorVariable unreachable)
    foreach ($problem in $unreachable) { Write-FleetLog "lost: $problem" }
    if (-not $sessions) { throw 'No machine could be reached.' }

    # Each machine loads what is there of these: the shared one, or its own copy.
    if ($CopyModule) { $package = New-ModulePackage }
    $modules = @($CopyModule ? ($sessions | ForEach-Object { Copy-Module $_ $package }) : $Module)
    $ready = Invoke-Command -Session $sessions -ThrottleLimit $ThrottleLimit -ErrorAction SilentlyContinue -ErrorVariable broken {
        $path = $using:modules | Where-Object { Test-Path -LiteralPath $_ } | Select-Object -First 1
        if (-not $path) { throw 'The module is not there.' }
        Import-Module ([WildcardPattern]::Escape($path)) -ErrorAction Stop
        'ready'
    }
    foreach ($problem in $broken) { Write-FleetLog "lost: $($problem.OriginInfo.PSComputerName): $problem" }
    $free = [Collections.Generic.Queue[object]]::new()
    foreach ($session in $sessions | Where-Object InstanceId -In $ready.RunspaceId) { $free.Enqueue($session) }
    if ($free.Count -eq 0) { throw 'The module could be loaded on no machine.' }

    $waiting = [Collections.Generic.Queue[int]]::new([int[]]@(1..$PartCount))
    $attempts = @{}
    $given = [Collections.Generic.List[int]]::new()
    while ($waiting.Count -gt 0 -or $running.Count -gt 0) {
        while ($waiting.Count -gt 0 -and $free.Count -gt 0) {
            $number = $waiting.Dequeue()
            $session = $free.Dequeue()
            $attempts[$number]++
            $part = "$number/$PartCount"
            $job = Invoke-Command -Session $session -AsJob {
                Test-Checkpoint -LiteralPath $using:Path -Recurse -Level $using:Level -Part $using:part -ErrorAction SilentlyContinue
            }
            $running[$job.Id] = @{ Job = $job; Session = $session; Number = $number }
        }
        if ($running.Count -eq 0) { throw "$($waiting.Count) of $PartCount parts were not run: no machine is left." }

        $ended = Wait-Job -Job @($running.Values.ForEach({ $_.Job })) -Any
        foreach ($job in @($ended)) {
            $work = $running[$job.Id]
            $running.Remove($job.Id)
            $result = Receive-Job -Job $job -ErrorAction SilentlyContinue -ErrorVariable problem | Where-Object { $_.Record }
            Remove-Job -Job $job -Force
            if ($work.Session.State -eq 'Opened') { $free.Enqueue($work.Session) }
            else { Write-FleetLog "lost: $($work.Session.ComputerName), with part $($work.Number)/$PartCount, which another one takes" }

            if (@($result).Count -eq 1) {
                $name = 'part-{0:D5}-of-{1:D5}.json' -f $work.Number, $PartCount
                [IO.File]::WriteAllText("$reports/$name", ($result | Select-Object -Property * -ExcludeProperty PSComputerName, RunspaceId, PSShowComputerName | ConvertTo-Json))
                Write-FleetLog "$($work.Session.ComputerName): part $($result.Part), $($result.CheckpointCount) checkpoints, $($result.BytesRead) bytes, $($result.Errors) errors"
            }
            elseif ($attempts[$work.Number] -lt $MaxAttempts) { $waiting.Enqueue($work.Number) }
            else {
                Write-FleetLog "given up: part $($work.Number)/${PartCount}: $problem"
                $given.Add($work.Number)
            }
        }
    }
    if ($given.Count -gt 0) { throw "$($given.Count) of $PartCount parts could not be run: $($given -join ', ')." }
}
catch {
    [Console]::Error.WriteLine("$_")
    exit 2
}
finally {
    if ($package) { Remove-Item -LiteralPath $package }
    if ($CopyModule -and $sessions) {
        $folders = $modules | ForEach-Object { [IO.Path]::GetDirectoryName($_) }
        $open = @($sessions | Where-Object State -EQ 'Opened')
        # The assemblies are loaded still, which Windows does not let go of.
        if ($open) { Invoke-Command -Session $open -ErrorAction SilentlyContinue { $using:folders | Where-Object { Test-Path -LiteralPath $_ } | Remove-Item -Recurse -Force -ErrorAction SilentlyContinue } }
    }
    $running.Values.ForEach({ Remove-Job -Job $_.Job -Force -ErrorAction SilentlyContinue })
    if ($sessions) { Remove-PSSession -Session $sessions -ErrorAction SilentlyContinue }
}

& "$PSScriptRoot/Join-Part.ps1" -ReportDirectory $reports -Module $Module
exit $LASTEXITCODE
