<#
.SYNOPSIS
    Builds, tests and packs LowMem.
.DESCRIPTION
    Tasks, in the order in which they are named:

    Build    the module in out/LowMem (default)
    Demo     the main job on the sample, then memory of three ways to load
    Test     the tests of the libraries and tools, then those of the commands
    Analyze  formatting, analyzers and, where installed, PSScriptAnalyzer
    Bench    memory and speed against the alternatives
    Fuzz     changed fixtures, a minute for each format; what was learned stays in out/fuzz for the next time
    Help     the help file of the commands, from docs/en-US
    Package  a zip of the module for this platform in out/
    Clean    removes what the other tasks made

    Where there is no PowerShell 7.6, build.sh runs this script with nothing but the .NET SDK.
.EXAMPLE
    ./build.ps1 Build, Test
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [string[]] $Task = @('Build'),

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release',

    # Which tests the task Test runs: those of the libraries and tools, those of the commands, or both.
    [ValidateSet('All', 'Libraries', 'Commands')]
    [string] $TestSuite = 'All',

    # How many seconds the task Fuzz spends on each target.
    [ValidateRange(1, 86400)]
    [int] $FuzzSeconds = 60
)

$ErrorActionPreference = 'Stop'
Import-Module "$PSScriptRoot/tools/Build.psm1" -Force

$root = $PSScriptRoot
$out = Join-Path $root 'out'
$moduleStage = Join-Path $out 'LowMem'
$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'
$env:DOTNET_NOLOGO = '1'
$env:DOTNET_CLI_UI_LANGUAGE = 'en'
# Build nodes that outlive the build would keep the pipe of whoever reads our output open.
$env:MSBUILDDISABLENODEREUSE = '1'

function Invoke-BuildTask {
    Invoke-Native dotnet @(
        'msbuild', (Join-Path $root 'src' 'LowMem.PowerShell' 'LowMem.PowerShell.csproj'), '-restore', '-t:StageModule'
        "-p:Configuration=$Configuration", '-v:quiet', '-nologo')
    Write-Host "LowMem is in $moduleStage"
}

function Invoke-DemoTask {
    Invoke-Script (Join-Path $root 'samples' 'Demo.ps1')
}

function Invoke-TestTask {
    $counts = @(
        if ($TestSuite -ne 'Commands') {
            Invoke-Native dotnet @(
                'msbuild', (Join-Path $root 'LowMem.slnx'), '-restore', "-p:Configuration=$Configuration", '-v:quiet', '-nologo') | Out-Host
            $projects = [IO.Directory]::GetFiles((Join-Path $root 'tests'), '*.Tests.csproj', 'AllDirectories')
            foreach ($project in $projects | Sort-Object) {
                Invoke-LibraryTest -Project $project -Configuration $Configuration -ResultsDirectory (Join-Path $out 'test-results')
            }
        }
        if ($TestSuite -ne 'Libraries') {
            Invoke-CommandTest -Path (Join-Path $root 'tests' 'Pester') -ToolsDirectory (Join-Path $root 'tools')
        }
    )

    Write-Host ''
    foreach ($count in $counts) {
        Write-Host "$($count.Name): $($count.Passed) passed, $($count.Failed) failed, $($count.Skipped) skipped"
    }
    $passed, $failed, $skipped = foreach ($kind in 'Passed', 'Failed', 'Skipped') {
        ($counts | Measure-Object -Property $kind -Sum).Sum
    }
    Write-Host "$passed passed, $failed failed, $skipped skipped"
    if ($failed -gt 0) { throw "$failed tests failed." }
    if ($passed -eq 0) { throw 'No test ran.' }
}

function Invoke-AnalyzeTask {
    $solution = Join-Path $root 'LowMem.slnx'
    Invoke-Native dotnet @('msbuild', $solution, '-restore', '-t:Rebuild', "-p:Configuration=$Configuration", '-v:quiet', '-nologo')
    Invoke-Native dotnet @('format', $solution, '--verify-no-changes', '--no-restore')

    if ((Test-EmbeddedHost) -or -not (Get-Module -ListAvailable -Name PSScriptAnalyzer)) {
        Write-Host 'PSScriptAnalyzer is not installed: the scripts were not analyzed.'
        return
    }
    $findings = @(
        foreach ($pattern in '*.ps1', '*.psm1', '*.psd1') {
            Get-ChildItem -Path $root -Recurse -File -Filter $pattern |
                Where-Object FullName -NotMatch '[\\/](out|bin|obj)[\\/]' |
                ForEach-Object { Invoke-ScriptAnalyzer -Path $_.FullName -Severity Error, Warning }
        }
    )
    $findings | Out-Host
    $errors = @($findings | Where-Object Severity -NE 'Warning')
    if ($errors.Count -gt 0) { throw "PSScriptAnalyzer found $($errors.Count) errors." }
}

function Invoke-BenchTask {
    Invoke-Script (Join-Path $root 'benchmarks' 'Run.ps1')
}

function Invoke-FuzzTask {
    $kept = Join-Path $out 'fuzz'
    Invoke-Native dotnet @(
        'run', '--project', (Join-Path $root 'tests' 'LowMem.Fuzz'), '-c', $Configuration, '--'
        'all', '--seconds', "$FuzzSeconds", '--seed', "$([Random]::Shared.Next())"
        '--corpus', (Join-Path $kept 'corpus'), '--findings', (Join-Path $kept 'findings'))
}

function Invoke-HelpTask {
    Invoke-Native dotnet @(
        'run', '--project', (Join-Path $root 'tools' 'HelpGenerator'), '-c', $Configuration, '--'
        (Join-Path $root 'docs' 'en-US'), (Join-Path $root 'src' 'LowMem.PowerShell' 'en-US'))
}

function Invoke-PackageTask {
    $version = (Test-ModuleManifest (Join-Path $moduleStage 'LowMem.psd1')).Version
    $rids = @(Get-ChildItem (Join-Path $moduleStage 'runtimes') -Directory | ForEach-Object Name)
    if ($rids.Count -ne 1) { throw "One platform was to be staged in '$moduleStage', not $($rids.Count)." }
    $zip = Join-Path $out "LowMem-$version-$($rids[0]).zip"
    if (Test-Path -LiteralPath $zip) { Remove-Item -LiteralPath $zip }
    [IO.Compression.ZipFile]::CreateFromDirectory($moduleStage, $zip, 'Optimal', $true)
    Write-Host "The package is $zip"
}

function Invoke-CleanTask {
    # The host that runs this script cannot remove itself.
    $self = [IO.Path]::Combine($root, 'tools', 'PowerShellHost')
    $projects = foreach ($room in 'src', 'tests', 'tools', 'benchmarks') {
        $path = Join-Path $root $room
        if (Test-Path $path) { [IO.Directory]::GetFiles($path, '*.csproj', 'AllDirectories') }
    }
    $made = @($out) + @(
        foreach ($project in $projects) {
            $folder = [IO.Path]::GetDirectoryName($project)
            if ((Test-EmbeddedHost) -and $folder -eq $self) { continue }
            Join-Path $folder 'bin'
            Join-Path $folder 'obj'
        }
    )
    foreach ($path in $made) {
        if (Test-Path -LiteralPath $path) { Remove-Item -LiteralPath $path -Recurse -Force }
    }
}

$tasks = [ordered]@{
    Build   = @{ Needs = @(); Action = { Invoke-BuildTask } }
    Demo    = @{ Needs = @('Build'); Action = { Invoke-DemoTask } }
    Test    = @{ Needs = @('Build'); Action = { Invoke-TestTask } }
    Analyze = @{ Needs = @(); Action = { Invoke-AnalyzeTask } }
    Bench   = @{ Needs = @('Build'); Action = { Invoke-BenchTask } }
    Fuzz    = @{ Needs = @(); Action = { Invoke-FuzzTask } }
    Help    = @{ Needs = @(); Action = { Invoke-HelpTask } }
    Package = @{ Needs = @('Build'); Action = { Invoke-PackageTask } }
    Clean   = @{ Needs = @(); Action = { Invoke-CleanTask } }
}

# 'Build,Test' arrives as one string from the command line of pwsh.
$names = @($Task | ForEach-Object { $_ -split ',' } | ForEach-Object Trim | Where-Object { $_ })
foreach ($name in $names) {
    if (-not $tasks.Contains($name)) { throw "There is no task '$name'; there are $($tasks.Keys -join ', ')." }
}

$done = [Collections.Generic.HashSet[string]]::new([StringComparer]::OrdinalIgnoreCase)
foreach ($name in $names | ForEach-Object { $tasks[$_].Needs; $_ }) {
    if (-not $done.Add($name)) { continue }
    Write-Host "== $name"
    & $tasks[$name].Action
}
