BeforeDiscovery {
    $docs = [IO.Path]::GetFullPath("$PSScriptRoot/../../docs")
    $pages = @(
        Get-ChildItem "$docs/en-US/*.md" | ForEach-Object { @{ Name = $_.BaseName; Page = $_.FullName; Section = '## EXAMPLES' } }
        foreach ($name in 'exploring', 'tutorial', 'python') { @{ Name = $name; Page = "$docs/$name.md"; Section = '' } }
    )
}

BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    Import-Module ([WildcardPattern]::Escape("$root/tools/Pages.psm1"))
}

Describe 'The examples of <Name>' -ForEach $pages {
    BeforeAll {
        $folder = "$TestDrive/$Name"
        New-PageFolder $folder
        Push-Location $folder
    }

    AfterAll { Pop-Location }

    It 'run one after the other, and do what they show' {
        $examples = @(Invoke-Page $Page $Section)
        $examples.Count | Should -BeGreaterThan 2
        $examples.Where({ $_.NotRun }).ForEach({ Write-Host "Not run: $($_.Title): $($_.NotRun)" })
        foreach ($example in $examples) {
            # What is said by -WhatIf goes to the host.
            if ($example.Shown -and -not $example.NotRun -and "$($example.Shown)" -notlike '*What if:*') {
                $example.Output | Should -Be $example.Shown -Because $example.Title
            }
        }
    }
}
