BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    $good = "$samples/boring.pt"
    $bad = "$fixtures/bad-truncated-zip.pt"

    function Get-NewPath([string] $Extension) { [IO.Path]::Combine($TestDrive, [Guid]::NewGuid().ToString('N') + $Extension) }
}

Describe 'Export-CheckpointVerdict' {
    It 'writes SARIF' {
        $out = Get-NewPath '.sarif'
        Test-Checkpoint $good, $bad | Export-CheckpointVerdict $out -BasePath $root

        $run = (Get-Content -LiteralPath $out -Raw | ConvertFrom-Json).runs[0]
        $run.tool.driver.name | Should -BeExactly 'LowMem'
        $run.results[0].ruleId | Should -BeExactly 'CheckpointTruncated'
        $run.results[0].level | Should -BeExactly 'error'
        $run.results[0].locations[0].physicalLocation.artifactLocation.uri | Should -BeExactly 'tests/fixtures/bad-truncated-zip.pt'
        $run.tool.driver.rules[$run.results[0].ruleIndex].id | Should -BeExactly 'CheckpointTruncated'
    }

    It 'writes JUnit' {
        $out = Get-NewPath '.xml'
        Test-Checkpoint $good, $bad | Export-CheckpointVerdict $out

        $suites = ([xml] (Get-Content -LiteralPath $out -Raw)).testsuites.testsuite
        $suites.Count | Should -Be 2
        $suites[0].failures | Should -Be '0'
        $suites[1].testcase.failure.type | Should -BeExactly 'CheckpointTruncated'
    }

    It 'writes Markdown' {
        $out = Get-NewPath '.md'
        Test-Checkpoint $good, $bad | Export-CheckpointVerdict $out
        Get-Content -LiteralPath $out -Raw | Should -Match '2 checkpoints: 1 passed, 1 failed\.'
    }

    It 'writes CSV that reads back' {
        $out = Get-NewPath '.csv'
        Test-Checkpoint $good, $bad | Export-CheckpointVerdict $out

        $rows = @(Import-Csv -LiteralPath $out)
        $rows[0].Passed | Should -Be 'True'
        $rows[1].Code | Should -BeExactly 'CheckpointTruncated'
        $rows[1].Path | Should -BeExactly $bad
    }

    It 'takes verdicts that came from a job' {
        $out = Get-NewPath '.csv'
        $depth = [Management.Automation.PSSerializer]::Serialize((Test-Checkpoint $bad), 3)
        [Management.Automation.PSSerializer]::Deserialize($depth) | Export-CheckpointVerdict $out
        (Import-Csv -LiteralPath $out).Code | Should -BeExactly 'CheckpointTruncated'
    }

    It 'never makes a pass of a verdict that lost its findings' {
        $out = Get-NewPath '.csv'
        $flat = [Management.Automation.PSSerializer]::Serialize((Test-Checkpoint $bad), 1)
        [Management.Automation.PSSerializer]::Deserialize($flat) | Export-CheckpointVerdict $out
        (Import-Csv -LiteralPath $out | Select-Object -First 1).Passed | Should -Be 'False'
    }

    It 'passes the verdicts on when asked' {
        $passed = Test-Checkpoint $good | Export-CheckpointVerdict (Get-NewPath '.md') -PassThru
        $passed.Path | Should -BeExactly ([IO.Path]::GetFullPath($good))
    }

    It 'does not replace a file without Force, and writes nothing with WhatIf' {
        $out = Get-NewPath '.md'
        Set-Content -LiteralPath $out 'old'
        { Test-Checkpoint $good | Export-CheckpointVerdict $out } | Should -Throw -ErrorId 'OutputExists,*'
        Test-Checkpoint $good | Export-CheckpointVerdict $out -Force -WhatIf
        Get-Content -LiteralPath $out | Should -BeExactly 'old'
        Test-Checkpoint $good | Export-CheckpointVerdict $out -Force
        Get-Content -LiteralPath $out -Raw | Should -Match '1 checkpoint: 1 passed'
    }

    It 'does not replace a checkpoint that was tested' {
        $copy = Get-NewPath '.pt'
        Copy-Item -LiteralPath $good $copy
        { Test-Checkpoint $copy | Export-CheckpointVerdict $copy -Format Csv -Force } | Should -Throw -ErrorId 'OutputIsInput,*'
        (Get-FileHash -LiteralPath $copy).Hash | Should -Be (Get-FileHash -LiteralPath $good).Hash
    }

    It 'refuses an extension that names no format, and what is no verdict' {
        { Test-Checkpoint $good | Export-CheckpointVerdict (Get-NewPath '.txt') } | Should -Throw -ErrorId 'OutputFormatUnknown,*'
        { Get-Item $good | Export-CheckpointVerdict (Get-NewPath '.csv') -ErrorAction Stop } | Should -Throw -ErrorId 'NoVerdict,*'
    }
}

Describe 'Test-Checkpoint -Recurse' {
    It 'tests all below a folder, in order, and nothing else' {
        $folder = Get-NewPath ''
        $null = New-Item -ItemType Directory "$folder/b", "$folder/a"
        Copy-Item -LiteralPath $good "$folder/b/one"
        Copy-Item -LiteralPath $bad "$folder/a/two.pt"
        Set-Content -LiteralPath "$folder/a/notes.txt" 'text'

        $verdicts = @(Test-Checkpoint $folder -Recurse)
        $verdicts.Path | ForEach-Object { [IO.Path]::GetFileName($_) } | Should -Be 'two.pt', 'one'
        $verdicts.Passed | Should -Be $false, $true
    }

    It 'is an error where there is nothing to test' {
        $folder = Get-NewPath ''
        $null = New-Item -ItemType Directory $folder
        { Test-Checkpoint $folder -Recurse -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointNotFound,*'
    }
}

Describe 'samples/Test-Nightly.ps1' {
    BeforeAll {
        function Invoke-Nightly([string[]] $Path) {
            $reports = Get-NewPath ''
            $pwsh = @(Get-PowerShellCommand)
            $arguments = @($pwsh | Select-Object -Skip 1) + @('-NoProfile', '-File', "$samples/Test-Nightly.ps1", '-Path', ($Path -join ','), '-ReportDirectory', $reports)
            $null = & $pwsh[0] @arguments 2>&1
            [pscustomobject]@{ Code = $LASTEXITCODE; Reports = $reports }
        }
    }

    It 'ends with <Code> for <Name>' -ForEach @(
        @{ Name = 'what passes'; File = 'samples/boring.pt'; Code = 0; Lines = 1 }
        @{ Name = 'what has errors'; File = 'tests/fixtures/bad-truncated-zip.pt'; Code = 1; Lines = 1 }
        @{ Name = 'what is not there'; File = 'samples/none.pt'; Code = 2; Lines = 1 }) {
        $result = Invoke-Nightly "$root/$File"
        $result.Code | Should -Be $Code
        @(Get-Content -LiteralPath "$($result.Reports)/verdicts.jsonl" | ForEach-Object { $_ | ConvertFrom-Json }).Count | Should -Be $Lines
        (Get-Content -LiteralPath "$($result.Reports)/verdicts.sarif" -Raw | ConvertFrom-Json).version | Should -Be '2.1.0'
    }
}
