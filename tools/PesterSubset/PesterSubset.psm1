# The part of Pester 5 that the tests of this repository use, for machines that have no Pester (docs/testing.md).
# What it does not know it refuses: an unknown operator or parameter does not bind, an unknown command does not exist.

. "$PSScriptRoot/Discovery.ps1"
. "$PSScriptRoot/Execution.ps1"
. "$PSScriptRoot/TestDrive.ps1"
. "$PSScriptRoot/Should.ps1"

$script:Current = $null     # the block whose body is being read; null outside discovery
$script:IsRunning = $false  # true while tests run
$script:Results = $null

function Invoke-PesterSubset {
    <#
    .SYNOPSIS
        Runs *.Tests.ps1 files and returns an object with Passed, Failed and Skipped.
    #>
    [CmdletBinding()]
    param(
        # Test files, or directories to search for them.
        [Parameter(Mandatory, Position = 0)][string[]] $Path,
        # Runs only tests whose full name (blocks and test, joined by ' > ') is like this.
        [string] $FullNameFilter = '*'
    )

    $files = foreach ($item in $Path) { Find-TestFile $PSCmdlet.GetUnresolvedProviderPathFromPSPath($item) }
    if (-not $files) { throw "There is no *.Tests.ps1 file in '$($Path -join "', '")'." }

    # Blocks of a test must run in the caller's session state, where they see its functions and variables but nothing
    # of this module. A module object that carries that state binds them to it.
    $binder = [psmoduleinfo]::new($false)
    $binder.SessionState = $PSCmdlet.SessionState
    $script:RunInCaller = $binder.NewBoundScriptBlock($script:StepRunner)
    $script:ReadInCaller = $binder.NewBoundScriptBlock({ param($PesterSubsetFile) & $PesterSubsetFile })
    $script:Filter = $FullNameFilter
    $script:Results = [pscustomobject]@{ Passed = 0; Failed = 0; Skipped = 0 }

    foreach ($file in $files) { Invoke-TestFile $file }
    $script:Results
}

function Find-TestFile([string] $Path) {
    if ([IO.File]::Exists($Path)) { return $Path }
    if (-not [IO.Directory]::Exists($Path)) { throw "There is nothing at '$Path'." }
    $found = [IO.Directory]::GetFiles($Path, '*.Tests.ps1', [IO.SearchOption]::AllDirectories)
    [array]::Sort($found, [StringComparer]::Ordinal)
    $found
}

Export-ModuleMember -Function Invoke-PesterSubset, Describe, Context, It, BeforeDiscovery, BeforeAll, BeforeEach,
    AfterAll, AfterEach, Should, Set-ItResult
