<#
.SYNOPSIS
    Builds, tests and packs LowMem.
.DESCRIPTION
    Tasks, in the order in which they are named:

    Build      the module in out/LowMem (default)
    Demo       the main job on the sample, then memory of three ways to load
    Test       the tests of the libraries and tools, then those of the commands
    Analyze    formatting, analyzers and, where installed, PSScriptAnalyzer
    Bench      memory and speed against the alternatives
    Fuzz       changed fixtures, a minute for each format; what was learned stays in out/fuzz for the next time;
               then changed pickles, a minute, compared with what a CPython reads, where there is one
    Help       the help file of the commands, from docs/en-US, by platyPS
    Package    in out/packages: the module for Install-PSResource, a zip with libtorch for this platform, and the libraries for C#
    Bom        in out/packages: what is in the module's package and what that was made of, as SPDX
    Reproduce  the packages of the commit that is checked out, twice, each from a clone of its own: they must be the same bytes
    Release    all checks that a script can make before a version is published (docs/releasing.md); publishes nothing
    Clean      removes what the other tasks made

    Where there is no PowerShell 7.6, build.sh gets it: the .NET SDK is all that has to be there.
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

    # The version of Pester that runs the tests of the commands; that of Directory.Packages.props when left out.
    [ValidatePattern('^\d+\.\d+\.\d+$')]
    [string] $PesterVersion,

    # The LowMem.psd1 of another copy of the module for the tests of the commands, such as an installed one; that of out/LowMem when left out.
    [string] $ModulePath,

    # Runs the tests, too, that take many seconds each and seldom change their outcome.
    [switch] $Slow,

    # Counts which lines and branches of the libraries and commands the tests run. Takes longer; the report is in out/coverage.
    [switch] $Coverage,

    # How many seconds the task Fuzz spends on each target.
    [ValidateRange(1, 86400)]
    [int] $FuzzSeconds = 60
)

$ErrorActionPreference = 'Stop'
# A log has no use for colours; the PowerShells that are started from here see this too.
if ([Console]::IsOutputRedirected) { $env:NO_COLOR = '1' }
Import-Module ([WildcardPattern]::Escape("$PSScriptRoot/tools/Build.psm1")) -Force

$root = $PSScriptRoot
$out = Join-Path $root 'out'
$moduleStage = Join-Path $out 'LowMem'
$coverageReport = Join-Path $out 'coverage' 'coverage'
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
    if ($Coverage -and $ModulePath) { throw '-Coverage counts in a copy of the module that is built: leave out -ModulePath.' }
    # Read by the process that runs the tests of the commands.
    $env:LOWMEM_TEST_SLOW = $Slow ? '1' : $null
    $env:LOWMEM_TEST_MODULE = if ($ModulePath) { (Get-Item -LiteralPath $ModulePath -ErrorAction Stop).FullName }
    $lane = {
        param($Root, $Configuration, $Projects, $Copies, $Manifest, $Path, $Name)
        Import-Module ([WildcardPattern]::Escape("$Root/tools/Build.psm1"))
        foreach ($project in $Projects) {
            $library = [IO.Path]::GetFileNameWithoutExtension($project)
            $assembly = $Copies ? @{ Assembly = "$Copies/$library/$library.dll" } : @{}
            Invoke-LibraryTest -Project $project -Configuration $Configuration -ResultsDirectory "$Root/out/test-results" @assembly
        }
        if ($Path) { Invoke-CommandTest -Path $Path -Manifest $Manifest -Name $Name }
    }
    if ($TestSuite -ne 'Commands') {
        Invoke-Native dotnet @(
            'msbuild', (Join-Path $root 'LowMem.slnx'), '-restore', "-p:Configuration=$Configuration", '-v:quiet', '-nologo') | Out-Host
    }
    $copies = if ($Coverage) { Join-Path $out 'coverage' 'copies' }
    $states = @(if ($Coverage) { New-TestCopy $copies })
    $manifest = if ($TestSuite -ne 'Libraries') { Get-PesterManifest -Version $PesterVersion }
    $projects = [IO.Directory]::GetFiles("$root/tests", '*.Tests.csproj', 'AllDirectories') | Sort-Object
    # Three lanes that take about as long: files that start one process after the other, and wait; files that come after the libraries; the rest.
    $waiting = 'Automation', 'Build', 'Conventions', 'Fleet', 'Package', 'TorchSharp'
    $late = 'Examples', 'Get-CheckpointInfo.Explore', 'Help', 'LayerByLayer', 'New-ModelSkeleton', 'Terminal', 'Views.Lines'
    $files = [IO.Directory]::GetFiles((Join-Path $root 'tests' 'Pester'), '*.Tests.ps1') | Group-Object -AsHashTable -AsString -Property {
        $name = [IO.Path]::GetFileName($_) -replace '\.Tests\.ps1$'
        $name -in $waiting ? 'waiting' : $name -in $late -and $TestSuite -eq 'All' ? 'late' : 'rest'
    }
    # What a job says comes when it is done.
    $jobs = @(
        if ($TestSuite -eq 'All') {
            Start-Job $lane -ArgumentList $root, $Configuration, $projects, $copies, $manifest, $files['late'], 'Pester, after the libraries'
        }
        if ($TestSuite -ne 'Libraries') {
            Start-Job $lane -ArgumentList $root, $Configuration, @(), $null, $manifest, $files['waiting'], 'Pester, with processes'
        }
    )
    $counts = @(
        try {
            if ($TestSuite -eq 'Libraries') { & $lane $root $Configuration $projects $copies }
            else { & $lane $root $Configuration @() $null $manifest $files['rest'] 'Pester' }
        }
        finally {
            foreach ($job in $jobs) { Receive-Job $job -Wait -AutoRemoveJob -ErrorAction Stop }
        }
    )

    if ($Coverage) {
        Export-Coverage -State $states -Report $coverageReport -ToolDirectory (Join-Path $out 'coverage' 'tool') |
            Format-Table -Property * -AutoSize | Out-Host
        Write-Host "Line by line: $(Join-Path $out 'coverage' 'html' 'index.html')"
    }
    Write-Host ''
    foreach ($count in $counts) {
        Write-Host "$($count.Name): $($count.Passed) passed, $($count.Failed) failed, $($count.Skipped) skipped"
        # Here once more: nobody looks for a name among the lines of thousands of tests that passed.
        foreach ($failure in $count.Failure) { Write-Host "  [-] $failure" }
    }
    $passed, $failed, $skipped = foreach ($kind in 'Passed', 'Failed', 'Skipped') {
        ($counts | Measure-Object -Property $kind -Sum).Sum
    }
    Write-Host "$passed passed, $failed failed, $skipped skipped"
    if ($failed -gt 0) { throw "$failed tests failed." }
    if ($passed -eq 0) { throw 'No test ran.' }
}

# What the tests run with -Coverage: copies of the built tests and of the module, whose assemblies count what runs.
function New-TestCopy([string] $Destination) {
    Import-Module ([WildcardPattern]::Escape("$PSScriptRoot/tools/Coverage.psm1")) -Force
    Initialize-Coverage -Report $coverageReport
    $how = @{ Report = $coverageReport; Configuration = $Configuration }
    if ($TestSuite -ne 'Commands') {
        foreach ($project in [IO.Directory]::GetFiles((Join-Path $root 'tests'), '*.Tests.csproj', 'AllDirectories')) {
            $built = Join-Path ([IO.Path]::GetDirectoryName($project)) 'bin' $Configuration 'net10.0'
            New-CoverageCopy -Source $built -Destination (Join-Path $Destination ([IO.Path]::GetFileNameWithoutExtension($project))) @how
        }
    }
    if ($TestSuite -ne 'Libraries') {
        # coverlet counts in IL: that of the package, with the natives of the module.
        New-CoverageCopy -Source (Join-Path $out 'module'), $moduleStage -Destination (Join-Path $Destination 'LowMem') @how
        $env:LOWMEM_TEST_MODULE = Join-Path $Destination 'LowMem' 'LowMem.psd1'
    }
}

function Invoke-AnalyzeTask {
    $solution = Join-Path $root 'LowMem.slnx'
    Invoke-Native dotnet @('msbuild', $solution, '-restore', '-t:Rebuild', "-p:Configuration=$Configuration", '-v:quiet', '-nologo')
    Invoke-Native dotnet @('format', $solution, '--verify-no-changes', '--no-restore')

    if (-not (Get-Module -ListAvailable -Name PSScriptAnalyzer)) {
        Write-Host 'PSScriptAnalyzer is not installed: the scripts were not analyzed. Install-PSResource -Name PSScriptAnalyzer'
        return
    }
    # The manifest is looked at where the files that it names are: in the built module.
    $files = @(Get-ChildItem -LiteralPath $root -Recurse -File -Include *.ps1, *.psm1 |
            Where-Object FullName -NotMatch '[\\/](out|bin|obj|node_modules)[\\/]' |
            ForEach-Object FullName) + (Join-Path $moduleStage 'LowMem.psd1')
    $findings = @(foreach ($file in $files) {
            Invoke-ScriptAnalyzer -Path ([WildcardPattern]::Escape($file)) -Settings (Join-Path $root 'PSScriptAnalyzerSettings.psd1')
        })
    $findings | Format-Table -Property RuleName, Severity, ScriptName, Line, Message -AutoSize -Wrap | Out-Host
    if ($findings.Count -gt 0) { throw "PSScriptAnalyzer has $($findings.Count) findings." }
    Write-Host "PSScriptAnalyzer: $($files.Count) files, no findings"
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
    Invoke-Native dotnet @(
        'run', '--project', (Join-Path $root 'tests' 'LowMem.Differential'), '-c', $Configuration, '--'
        '--count', '1000000000', '--seconds', "$FuzzSeconds", '--seed', "$([Random]::Shared.Next())")
}

function Invoke-HelpTask {
    $name = 'Microsoft.PowerShell.PlatyPS'
    $platyPS = Get-Module -ListAvailable -Name $name | Where-Object Version -GE ([version] '1.0') | Select-Object -First 1
    if (-not $platyPS) { throw "The help file is made by platyPS 1.0, which is not installed: Install-PSResource -Name $name" }
    Import-Module $platyPS
    Import-Module ([WildcardPattern]::Escape("$PSScriptRoot/tools/Help.psm1")) -Force

    $pages = Join-Path $root 'docs' 'en-US'
    $help = Import-MarkdownCommandHelp -LiteralPath @([IO.Directory]::GetFiles($pages, '*.md'))
    foreach ($page in $help | Where-Object { $_.Diagnostics.HadErrors }) { throw "'$($page.Title).md': $($page.Diagnostics.Messages)" }
    $made = Export-MamlCommandHelp -CommandHelp $help -OutputFolder (Join-Path $out 'help') -Force
    Save-HelpFile -Path $made.FullName -CommandHelp $help -PageDirectory $pages -Destination (Join-Path $root 'src' 'LowMem.PowerShell' 'en-US')
}

function Invoke-PackageTask {
    Import-Module ([WildcardPattern]::Escape("$PSScriptRoot/tools/Package.psm1")) -Force
    $packages = Join-Path $out 'packages'
    if (Test-Path -LiteralPath $packages) { Remove-Item -LiteralPath $packages -Recurse }
    New-ModulePackage -Destination $packages -Stage (Join-Path $out 'module')
    New-LibraryPackage -Destination $packages -Configuration $Configuration
    New-ModuleArchive -Destination $packages -Stage $moduleStage
}

function Invoke-BomTask {
    Import-Module ([WildcardPattern]::Escape("$PSScriptRoot/tools/Package.psm1")) -Force
    New-PackageBom -Destination (Join-Path $out 'packages') -Stage (Join-Path $out 'module') -WorkingDirectory (Join-Path $out 'bom')
}

function Invoke-ReproduceTask {
    Import-Module ([WildcardPattern]::Escape("$PSScriptRoot/tools/Reproduce.psm1")) -Force
    Test-Reproduction -Repository $root -WorkingDirectory ([IO.Directory]::CreateTempSubdirectory('lowmem-').FullName)
}

function Invoke-ReleaseTask {
    Import-Module ([WildcardPattern]::Escape("$PSScriptRoot/tools/Release.psm1")) -Force
    $checks = @(Test-Release)
    foreach ($check in $checks) {
        Write-Host "$($check.Passed ? '[+]' : '[-]') $($check.Check)"
        foreach ($fault in $check.Fault) { Write-Host "      $fault" }
    }
    Write-Host ''
    Write-Host 'Left for a person (docs/releasing.md):'
    $number = 0
    foreach ($step in Get-ManualStep) { Write-Host "$((++$number)). $step" }
    $failed = $checks.Where({ -not $_.Passed }).Count
    if ($failed -gt 0) { throw "$failed of $($checks.Count) checks failed: nothing is to be published." }
}

function Invoke-CleanTask {
    $projects = foreach ($room in 'src', 'tests', 'tools', 'benchmarks') {
        $path = Join-Path $root $room
        if (Test-Path -LiteralPath $path) { [IO.Directory]::GetFiles($path, '*.csproj', 'AllDirectories') }
    }
    $made = @($out) + @(
        foreach ($project in $projects) {
            $folder = [IO.Path]::GetDirectoryName($project)
            Join-Path $folder 'bin'
            Join-Path $folder 'obj'
        }
    )
    foreach ($path in $made) {
        if (Test-Path -LiteralPath $path) { Remove-Item -LiteralPath $path -Recurse -Force }
    }
}

$tasks = [ordered]@{
    Build     = @{ Needs = @(); Action = { Invoke-BuildTask } }
    Demo      = @{ Needs = @('Build'); Action = { Invoke-DemoTask } }
    Test      = @{ Needs = @('Build'); Action = { Invoke-TestTask } }
    Analyze   = @{ Needs = @('Build'); Action = { Invoke-AnalyzeTask } }
    Bench     = @{ Needs = @('Build'); Action = { Invoke-BenchTask } }
    Fuzz      = @{ Needs = @(); Action = { Invoke-FuzzTask } }
    Help      = @{ Needs = @(); Action = { Invoke-HelpTask } }
    Package   = @{ Needs = @('Build'); Action = { Invoke-PackageTask } }
    Bom       = @{ Needs = @('Build'); Action = { Invoke-BomTask } }
    Reproduce = @{ Needs = @(); Action = { Invoke-ReproduceTask } }
    Release   = @{ Needs = @('Build', 'Test', 'Analyze', 'Package', 'Bom'); Action = { Invoke-ReleaseTask } }
    Clean     = @{ Needs = @(); Action = { Invoke-CleanTask } }
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
