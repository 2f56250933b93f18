# What build.ps1 makes of a run of tests (tools/Build.psm1), and what a run sees of the machine.

BeforeAll {
    . "$PSScriptRoot/Setup.ps1"

    # Runs text in a new process where Build.psm1 is imported, as build.ps1 does. Returns all that it writes.
    function Invoke-Build([string] $Text) {
        $module = "$root/tools/Build.psm1".Replace("'", "''")
        Invoke-ChildScript @"
`$ErrorActionPreference = 'Stop'
`$PSStyle.OutputRendering = 'PlainText'
Import-Module ([WildcardPattern]::Escape('$module'))
$Text
"@ 2>&1
    }

    # Runs a file with these tests as build.ps1 runs tests/Pester; its last line is the counts.
    function Invoke-TestFile([string] $Body, [string] $Before = '') {
        $folder = New-Item -ItemType Directory -Path (Join-Path $TestDrive ([Guid]::NewGuid()))
        Set-Content -LiteralPath (Join-Path $folder a.Tests.ps1) -Value "Describe 'd' { $Body }"
        Invoke-Build "$Before
            `$count = Invoke-CommandTest -Path '$folder' -Manifest '$((Get-Module Pester).Path -replace '\.psm1$', '.psd1')'
            `$count.Failure
            `"`$(`$count.Passed) `$(`$count.Failed) `$(`$count.Skipped)`""
    }
}

Describe 'A run of the tests of the commands' {
    It 'is counted, and names what failed once more, behind all the lines of what passed' {
        $lines = Invoke-TestFile "It 'x' { }; It 'y' { throw 'broken' }; It 'w' -Skip { }; Context 'z' { BeforeAll { throw 'torn' }; It 'a' { } }"
        $lines | Should -Contain 'd.y: broken'
        "$lines" | Should -Match 'd\.z: .*torn'
        $lines[-1] | Should -Match '^1 \d 1$'
    }

    It 'has failed when a test says exit' {
        (Invoke-TestFile "It 'x' { exit 0 }")[-1] | Should -Be '0 1 0'
    }

    It 'has failed when a test ends the process with 0' {
        $lines = Invoke-TestFile "It 'x' { [Environment]::Exit(0) }"
        $LASTEXITCODE | Should -Be 1
        "$lines" | Should -Match 'ended\s+without\s+its\s+closing\s+line'
    }

    It 'sees no other Pester, and no command of ours, that the machine has' {
        $modules = "$TestDrive/Modules"
        foreach ($name in 'Pester', 'LowMem', 'Checkpoints') {
            $folder = New-Item -ItemType Directory -Path "$modules/$name/99.0.0"
            New-ModuleManifest -Path "$folder/$name.psd1" -ModuleVersion 99.0.0 -RootModule "$name.psm1" -FunctionsToExport 'Test-Checkpoint', 'Invoke-Pester'
            Set-Content -LiteralPath "$folder/$name.psm1" -Value "function Test-Checkpoint { 'theirs' }; function Invoke-Pester { throw 'theirs' }"
        }

        # Before our module is imported, its commands are unknown: nothing else on the machine offers them.
        $lines = Invoke-TestFile -Before "`$env:PSModulePath = '$modules' + [IO.Path]::PathSeparator + `$env:PSModulePath" -Body "
            It 'x' { Get-Command Test-Checkpoint -ErrorAction Ignore | Should -BeNullOrEmpty }
            It 'y' { . '$PSScriptRoot/Setup.ps1'; (Get-Command Test-Checkpoint).Version | Should -BeLessThan ([version] '99.0') }"
        $lines[-1] | Should -Be '2 0 0' -Because "$lines"
    }
}

Describe 'Build.psm1' {
    It 'names a native command that failed' {
        $lines = Invoke-Build "Invoke-Native dotnet @('no-such-command')"
        $LASTEXITCODE | Should -Be 1
        "$lines" -replace '\s*\|?\s+', ' ' | Should -Match "'dotnet no-such-command' ended with exit code 1"
    }

    It 'names a script that is not there' {
        $lines = Invoke-Build 'Invoke-Script ./missing.ps1'
        $LASTEXITCODE | Should -Be 1
        "$lines" | Should -Match "There is no './missing.ps1'"
    }
}
