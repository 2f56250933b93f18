# What a release is checked for (tools/Release.psm1), in a checkout and packages made for it.

BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    Import-Module ([WildcardPattern]::Escape("$root/tools/Release.psm1"))
    $repository = "$TestDrive/checkout"
    $stage = "$TestDrive/module"
    $packages = "$TestDrive/packages"

    function Set-File([string] $Path, [string] $Text) {
        $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($Path))
        [IO.File]::WriteAllText($Path, $Text)
    }

    function Save-Checkout {
        git -C $repository add --all
        git -C $repository -c user.name=Tests -c user.email=tests@example.invalid commit --quiet --allow-empty -m 'Change'
    }

    # The faults of one check, which is found by a part of its name.
    function Get-Fault([string] $Name) {
        $found = @(Test-Release -Path $repository -Stage $stage -Packages $packages -Name $Name)
        $found.Count | Should -Be 1 -Because $Name
        $found[0].Passed | Should -Be ($found[0].Fault.Count -eq 0)
        $found[0].Fault
    }

    Set-File "$repository/Directory.Build.props" '<Project><PropertyGroup><Version>1.2.3</Version></PropertyGroup></Project>'
    Set-File "$repository/LowMem.psd1" "@{ ModuleVersion = '{Version}' }"
    Set-File "$repository/CHANGELOG.md" "# Changelog`n`n## [Unreleased]`n`n## [1.2.3] - 2000-12-31`n`n- A change.`n"
    Set-File "$repository/docs/en-US/Get-It.md" "# Get-It`n"
    Import-Module ([WildcardPattern]::Escape("$root/tools/Help.psm1"))
    Set-File "$repository/src/LowMem.PowerShell/en-US/pages.sha256" ((Get-PageDigest "$repository/docs/en-US") + "`n")
    Set-File "$repository/LowMem.slnx" '<Solution />'
    Set-File "$stage/LowMem.psd1" "@{ ModuleVersion = '1.2.3'; GUID = '41442671-8c35-4031-9960-1e1b4f8134eb'; Author = 'LowMem contributors'
        Description = 'A module.'; CmdletsToExport = @('Get-It'); PrivateData = @{ PSData = @{ ReleaseNotes = 'Notes.' } } }"
    Set-File "$stage/NOTICE.txt" 'Other.Library 1.0 (MIT)'
    Set-File "$stage/Other.Library.dll" ''
    foreach ($name in 'LowMem.1.2.3.nupkg', 'LowMem.1.2.3.spdx.json', 'LowMem.Checkpoints.1.2.3.nupkg', 'LowMem.Checkpoints.1.2.3.snupkg',
        'LowMem.Loader.1.2.3.nupkg', 'LowMem.Loader.1.2.3.snupkg', 'LowMem-1.2.3-linux-x64.zip') { Set-File "$packages/$name" '' }
    git init --quiet $repository
    Save-Checkout
}

Describe 'The checks of a release' {
    It 'pass when nothing is wrong' {
        $checks = @(Test-Release -Path $repository -Stage $stage -Packages $packages)
        $checks.Count | Should -BeGreaterThan 8
        $checks.Where({ -not $_.Passed }).ForEach({ "$($_.Check): $($_.Fault)" }) | Should -BeNullOrEmpty
    }

    It 'find <What>' -ForEach @(
        @{ What = 'a change that is not committed'; Check = 'The tree*'; File = 'new.txt'; Text = 'x'; Fault = '*new.txt' }
        @{ What = 'a second version'; Check = 'One file*'; File = 'a.csproj'; Text = '<Version>2.0</Version>'; Fault = "'a.csproj'*" }
        @{ What = 'a version that the changelog does not have'; Check = 'CHANGELOG*'; File = 'CHANGELOG.md'; Text = "## [1.0.0] - 2000-01-01`n"; Fault = '*`[1.0.0`]' }
        @{ What = 'a version without a date'; Check = 'CHANGELOG*'; File = 'CHANGELOG.md'; Text = "## [1.2.3]`n"; Fault = '*no date*' }
        @{ What = 'notes that nobody moved'; Check = 'CHANGELOG*'; File = 'CHANGELOG.md'; Text = "## [Unreleased]`n- x`n## [1.2.3] - 2000-12-31`n"; Fault = '`[Unreleased`]*' }
        @{ What = 'a page that the help file is not made of'; Check = 'The help*'; File = 'docs/en-US/Get-It.md'; Text = '# New'; Fault = 'Get-It.md*' }
        @{ What = 'a link to no file'; Check = 'Links*'; File = 'a.md'; Text = '[b](docs/b.md) `[c](c.md)`'; Fault = 'a.md: docs/b.md' }
        @{ What = 'a link to no heading'; Check = 'Links*'; File = 'a.md'; Text = "# Two words`n[a](#two-words) [b](#one)"; Fault = 'a.md: #one' }
    ) {
        $path = "$repository/$File"
        $before = [IO.File]::Exists($path) ? [IO.File]::ReadAllText($path) : $null
        Set-File $path $Text
        git -C $repository add --all
        try { Get-Fault $Check | Should -BeLike $Fault }
        finally {
            if ($null -eq $before) { [IO.File]::Delete($path) } else { Set-File $path $before }
            git -C $repository add --all
        }
    }

    It 'find a tag of the version on another commit, and take it on this one' {
        git -C $repository tag v1.2.3
        Get-Fault 'No tag*' | Should -BeNullOrEmpty
        Save-Checkout
        Get-Fault 'No tag*' | Should -BeLike 'v1.2.3 is another commit*'
        $null = git -C $repository tag -d v1.2.3
    }

    It 'find a package that is missing, and one of another version' {
        [IO.File]::Move("$packages/LowMem.1.2.3.nupkg", "$packages/LowMem.1.2.2.nupkg")
        try { Get-Fault 'All packages*' | Should -Be @("'LowMem.1.2.3.nupkg' is missing: ./build.ps1 Package, Bom", "'LowMem.1.2.2.nupkg' is of another version") }
        finally { [IO.File]::Move("$packages/LowMem.1.2.2.nupkg", "$packages/LowMem.1.2.3.nupkg") }
    }

    It 'find an assembly without a licence' {
        Set-File "$stage/Unknown.dll" ''
        try { Get-Fault 'NOTICE*' | Should -Be 'it does not name Unknown' }
        finally { [IO.File]::Delete("$stage/Unknown.dll") }
    }
}

Describe 'The documents of this checkout' {
    It 'have links that lead somewhere' {
        if (-not [IO.Path]::Exists("$root/.git")) { Set-ItResult -Skipped -Because 'git lists the documents, and this is no checkout' }
        Get-BrokenLink $root | Should -BeNullOrEmpty
    }

    It 'leave steps to a person' {
        $steps = @(Get-ManualStep)
        $steps.Count | Should -BeGreaterThan 4
        "$steps" | Should -Match 'git tag'
    }
}
