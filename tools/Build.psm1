# What build.ps1 needs besides its tasks. Runs in PowerShell 7.6 and in tools/PowerShellHost alike.

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

function Test-EmbeddedHost {
    <#
    .SYNOPSIS
        True in tools/PowerShellHost, false in pwsh.
    #>
    $Host.Name -eq 'LowMem.PowerShellHost'
}

function Invoke-Script {
    <#
    .SYNOPSIS
        Runs a script in a process of its own, in the same engine as this one, and throws when it fails.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)][string] $Path,
        [Parameter(Position = 1)][string[]] $ArgumentList = @()
    )

    if (-not [IO.File]::Exists($Path)) { throw "There is no '$Path' in this checkout." }
    $name = if (Test-EmbeddedHost) { 'PowerShellHost' } else { 'pwsh' }
    if ($IsWindows) { $name += '.exe' }
    $engine = [IO.Path]::Combine([AppContext]::BaseDirectory, $name)
    Invoke-Native $engine (@('-NoProfile', '-File', $Path) + $ArgumentList)
}

function New-TestCount([string] $Name, [int] $Passed, [int] $Failed, [int] $Skipped) {
    [pscustomobject]@{ Name = $Name; Passed = $Passed; Failed = $Failed; Skipped = $Skipped }
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
        [Parameter(Mandatory)][string] $ResultsDirectory
    )

    $name = [IO.Path]::GetFileNameWithoutExtension($Project)
    $report = [IO.Path]::Combine($ResultsDirectory, "$name.trx")
    if ([IO.File]::Exists($report)) { [IO.File]::Delete($report) }

    & dotnet test $Project --no-build --nologo -v quiet -c $Configuration --results-directory $ResultsDirectory `
        --logger "trx;LogFileName=$name.trx" --logger 'console;verbosity=minimal' | Out-Host
    $exitCode = $LASTEXITCODE
    if (-not [IO.File]::Exists($report)) { throw "The tests of $name did not run: exit code $exitCode and no report." }

    # Skipped tests are counted in total only, and their reasons stand in the report only.
    $run = ([xml] [IO.File]::ReadAllText($report)).TestRun
    $counters = $run.ResultSummary.Counters
    foreach ($result in @($run.Results.UnitTestResult).Where({ $_.outcome -eq 'NotExecuted' })) {
        Write-Host "  [!] $($result.testName): skipped, $($result.Output.StdOut)$($result.Output.ErrorInfo.Message)"
    }
    $passed = [int] $counters.passed
    $failed = [int] $counters.failed + [int] $counters.error + [int] $counters.timeout + [int] $counters.aborted
    $skipped = [int] $counters.total - $passed - $failed
    # A crash of the test process after the last test shows in the exit code only.
    if ($exitCode -ne 0 -and $failed -eq 0) { $failed = 1 }
    New-TestCount $name $passed $failed $skipped
}

function Invoke-CommandTest {
    <#
    .SYNOPSIS
        Runs the Pester files of a directory in a process of its own and returns the counts.
    .DESCRIPTION
        Real Pester 5 where there is one, else tools/PesterSubset. The count is that of the closing line: a run that
        ended without one, whatever its exit code, has failed.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)][string] $Path,
        [Parameter(Mandatory)][string] $ToolsDirectory
    )

    $hasPester = -not (Test-EmbeddedHost) -and
        @(Get-Module -ListAvailable -Name Pester | Where-Object { $_.Version.Major -eq 5 }).Count -gt 0
    $name = if ($hasPester) { 'Pester' } else { 'PesterSubset' }
    $script = if ($hasPester) { "$ToolsDirectory/Invoke-RealPester.ps1" } else { "$ToolsDirectory/PesterSubset/Invoke-PesterSubset.ps1" }

    $closing = $null
    try {
        Invoke-Script $script @($Path) | ForEach-Object {
            if ($_ -match '^(\d+) passed, (\d+) failed, (\d+) skipped$') { $closing = $Matches } else { $_ }
        } | Out-Host
    }
    catch {
        if (-not $closing -or [int] $closing[2] -eq 0) { throw }
    }
    if (-not $closing) { throw "The run of $name ended without its closing line: a test may have ended the process." }
    New-TestCount $name $closing[1] $closing[2] $closing[3]
}

Export-ModuleMember -Function Invoke-Native, Test-EmbeddedHost, Invoke-Script, Invoke-LibraryTest, Invoke-CommandTest
