# What build.ps1 needs besides its tasks.

function Invoke-Native {
    <#
    .SYNOPSIS
        Runs a native command and throws when its exit code is not 0.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)][string] $Command,
        [Parameter(Position = 1)][string[]] $ArgumentList = @()
    )

    & $Command @ArgumentList
    if ($LASTEXITCODE -ne 0) { throw "'$Command $ArgumentList' ended with exit code $LASTEXITCODE." }
}

function Invoke-Script {
    <#
    .SYNOPSIS
        Runs a script in a process of its own, in the same PowerShell as this one, and throws when it fails.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)][string] $Path,
        [Parameter(Position = 1)][string[]] $ArgumentList = @()
    )

    if (-not [IO.File]::Exists($Path)) { throw "There is no '$Path' in this checkout." }
    $engine = @(Get-PowerShellCommand) + @('-NoProfile', '-File', $Path)
    Invoke-Native -Command $engine[0] -ArgumentList ($engine[1..($engine.Count - 1)] + $ArgumentList)
}

function Get-PowerShellCommand {
    <#
    .SYNOPSIS
        What starts the PowerShell that runs this: its executable or, where it is a .NET tool, dotnet and the assembly.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param()

    $executable = [IO.Path]::Combine($PSHOME, $IsWindows ? 'pwsh.exe' : 'pwsh')
    if ([IO.File]::Exists($executable)) { return $executable }
    [Environment]::ProcessPath
    [IO.Path]::Combine($PSHOME, 'pwsh.dll')
}

function Install-DotnetTool {
    <#
    .SYNOPSIS
        Gets a .NET tool through NuGet, unless it is there, and returns the path of its program.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory)][string] $Package,
        [Parameter(Mandatory)][string] $Version,

        # What its program is called.
        [Parameter(Mandatory)][string] $Command,

        # Where tools are kept.
        [Parameter(Mandatory)][string] $Destination
    )

    $folder = [IO.Path]::Combine($Destination, $Version)
    $program = [IO.Path]::Combine($folder, $IsWindows ? "$Command.exe" : $Command)
    if (-not [IO.File]::Exists($program)) {
        Invoke-Native dotnet @('tool', 'install', $Package, '--tool-path', $folder, '--version', $Version) | Out-Host
    }
    $program
}

function ConvertTo-TestCount([string] $Name, [int] $Passed, [int] $Failed, [int] $Skipped, [string[]] $Failure = @()) {
    [pscustomobject]@{ Name = $Name; Passed = $Passed; Failed = $Failed; Skipped = $Skipped; Failure = $Failure }
}

function Invoke-LibraryTest {
    <#
    .SYNOPSIS
        Runs one xunit project, which must be built, and returns its counts.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)][string] $Project,
        [Parameter(Mandatory)][string] $Configuration,
        [Parameter(Mandatory)][string] $ResultsDirectory,

        # The tests in another folder than the one they were built in.
        [string] $Assembly
    )

    $tests = $Assembly ? @($Assembly) : @($Project, '--no-build', '-c', $Configuration)
    $name = [IO.Path]::GetFileNameWithoutExtension($Project)
    $report = [IO.Path]::Combine($ResultsDirectory, "$name.trx")
    if ([IO.File]::Exists($report)) { [IO.File]::Delete($report) }

    & dotnet test @tests --nologo -v quiet --results-directory $ResultsDirectory `
        --logger "trx;LogFileName=$name.trx" --logger 'console;verbosity=minimal' | Out-Host
    $exitCode = $LASTEXITCODE
    if (-not [IO.File]::Exists($report)) { throw "The tests of $name did not run: exit code $exitCode and no report." }

    # Skipped tests are counted in total only, and their reasons stand in the report only.
    $run = ([xml] [IO.File]::ReadAllText($report)).TestRun
    $counters = $run.ResultSummary.Counters
    foreach ($result in @($run.Results.UnitTestResult).Where({ $_.outcome -eq 'NotExecuted' })) {
        Write-Host "  [!] $($result.testName): skipped, $($result.Output.StdOut)$($result.Output.ErrorInfo.Message)"
    }
    $failure = @(foreach ($result in @($run.Results.UnitTestResult).Where({ $_.outcome -notin 'Passed', 'NotExecuted' })) {
            "$($result.testName): $($result.Output.ErrorInfo.Message)"
        })
    $passed = [int] $counters.passed
    $failed = [int] $counters.failed + [int] $counters.error + [int] $counters.timeout + [int] $counters.aborted
    $skipped = [int] $counters.total - $passed - $failed
    # A crash of the test process after the last test shows in the exit code only.
    if ($exitCode -ne 0 -and $failed -eq 0) {
        $failed = 1
        $failure = "The process of the tests ended with exit code $exitCode after the last of them."
    }
    ConvertTo-TestCount -Name $name -Passed $passed -Failed $failed -Skipped $skipped -Failure $failure
}

function Get-PesterManifest {
    <#
    .SYNOPSIS
        Gets Pester through NuGet and returns the path of its manifest.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        # Another version than the one in Directory.Packages.props.
        [string] $Version
    )

    $arguments = @('msbuild', [IO.Path]::Combine($PSScriptRoot, 'Pester', 'Pester.csproj'), '-restore', '-t:LocatePester', '-getProperty:PesterManifest')
    if ($Version) { $arguments += "-p:PesterVersion=$Version" }
    $output = @(& dotnet @arguments)
    if ($LASTEXITCODE -ne 0 -or -not [IO.File]::Exists($output[-1])) { throw "Pester cannot be had: $output" }
    $output[-1]
}

function Invoke-CommandTest {
    <#
    .SYNOPSIS
        Runs Pester files in a process of its own and returns the counts.
    .DESCRIPTION
        The count is that of the closing line: a run that ended without one, whatever its exit code, has failed.
    #>
    [CmdletBinding()]
    param(
        # Files or directories.
        [Parameter(Mandatory)][string[]] $Path,
        [Parameter(Mandatory)][string] $Manifest,
        # What the counts are called.
        [string] $Name = 'Pester'
    )

    $closing = $ended = $null
    $failure = [Collections.Generic.List[string]]::new()
    try {
        Invoke-Script -Path "$PSScriptRoot/Pester/Invoke-PesterFile.ps1" -ArgumentList '-Path', ($Path -join '|'), '-Manifest', $Manifest | ForEach-Object {
            if ($_ -match '^(\d+) passed, (\d+) failed, (\d+) skipped$') { $closing = $Matches }
            elseif ($_ -match '^failed: (.*)') { $failure.Add($Matches[1]) }
            else { $_ }
        } | Out-Host
    }
    catch {
        if ($closing -and [int] $closing[2] -eq 0) { throw }
        $ended = $_
    }
    if (-not $closing) { throw "The run of Pester ended without its closing line: a test may have ended the process. $ended" }
    ConvertTo-TestCount -Name $Name -Passed $closing[1] -Failed $closing[2] -Skipped $closing[3] -Failure $failure
}

Export-ModuleMember -Function Invoke-Native, Invoke-Script, Get-PowerShellCommand, Install-DotnetTool, Invoke-LibraryTest, Get-PesterManifest, Invoke-CommandTest
