BeforeAll {
    . "$PSScriptRoot/Setup.ps1"

    function Get-NewPath { [IO.Path]::Combine($TestDrive, [Guid]::NewGuid().ToString('N') + '.html') }

    # The data in a page.
    function Get-PageData($Path) {
        $page = [IO.File]::ReadAllText($Path)
        [void] ($page -match '(?s)<script type="application/json" id="data">(.*?)</script>')
        $Matches[1] | ConvertFrom-Json -AsHashtable
    }
}

Describe 'Export-CheckpointReport' {
    It 'says what the checkpoint is, and its verdict' {
        $out = Get-NewPath
        Export-CheckpointReport "$samples/boring-training.pt" $out | Should -BeNullOrEmpty

        $data = Get-PageData $out
        $data.about.name | Should -BeExactly 'boring-training.pt'
        $data.about.tensors | Should -Be @(Get-CheckpointInfo "$samples/boring-training.pt").Count
        $data.verdict.passed | Should -BeTrue
        $data.verdict.level | Should -BeExactly 'Structure'
        $data.statistics | Should -BeNullOrEmpty
        $data.facts[0][0] | Should -BeExactly 'Epoch'
    }

    It 'has figures and histograms with -Values' {
        $out = Get-NewPath
        $file = Export-CheckpointReport "$samples/boring.pt" -Destination $out -Values -PassThru

        $file.FullName | Should -BeExactly $out
        $data = Get-PageData $out
        $data.verdict.level | Should -BeExactly 'Values'
        $data.statistics.mean.Count | Should -Be 8
        $data.statistics.histogram[0].Length | Should -Be 64
    }

    It 'has what differs with -ReferencePath' {
        $out = Get-NewPath
        Export-CheckpointReport "$samples/boring.pt" $out -ReferencePath "$samples/residual.pt"

        $data = Get-PageData $out
        $data.differences.reference | Should -BeExactly 'residual.pt'
        $data.differences.change | Should -Contain 'Added'
        $data.differences.change | Should -Contain 'Removed'
    }

    It 'has what does not fit with -Module' {
        $out = Get-NewPath
        Export-CheckpointReport "$samples/boring.pt" $out -Module (New-BoringSkeleton)
        (Get-PageData $out).module.findings | Should -BeNullOrEmpty
        (Get-PageData $out).module.parameters | Should -Be 8

        $other = New-ModelSkeleton { [ordered]@{ in_proj = [TorchSharp.torch+nn]::Linear(2, 10); head = [TorchSharp.torch+nn]::Linear(10, 3) } }
        Export-CheckpointReport "$samples/boring.pt" $out -Module $other -Force
        $data = Get-PageData $out
        $data.module.findings.code | Should -Contain 'ModuleKeyMissing'
        $data.module.findings.code | Should -Contain 'ModuleKeyUnexpected'
        $data.verdict.passed | Should -BeFalse
        $data.verdict.findings | Should -BeNullOrEmpty
    }

    It 'has a page of a broken checkpoint, with a warning' {
        $out = Get-NewPath
        Export-CheckpointReport "$fixtures/bad-truncated-zip.pt" $out -WarningVariable warnings -WarningAction SilentlyContinue

        $warnings.Count | Should -Be 1
        (Get-PageData $out).verdict.findings[0].code | Should -BeExactly 'CheckpointTruncated'
    }

    It 'says what could run code, and runs nothing' {
        $out = Get-NewPath
        Export-CheckpointReport "$fixtures/unsafe_os_system.pt" $out

        $data = Get-PageData $out
        $data.verdict.passed | Should -BeFalse
        $data.about.unsafe | Should -Contain 'os.system'
    }

    It 'writes a page for each checkpoint into a directory' {
        $folder = [IO.Directory]::CreateDirectory([IO.Path]::Combine($TestDrive, [Guid]::NewGuid().ToString('N'))).FullName
        $files = Get-Item "$samples/boring.pt", "$samples/residual.pt" | Export-CheckpointReport -Destination $folder -PassThru
        $files.Name | Should -Be 'boring.pt.html', 'residual.pt.html'
    }

    It 'makes the directory that its name asks for, unless nothing is to be done' {
        $folder = [IO.Path]::Combine($TestDrive, [Guid]::NewGuid().ToString('N'))
        Export-CheckpointReport "$samples/boring.pt" "$folder/" -WhatIf
        $folder | Should -Not -Exist
        (Export-CheckpointReport "$samples/boring.pt" "$folder/" -PassThru).PSParentPath | Should -BeLike "*$([IO.Path]::GetFileName($folder))"
        [IO.Directory]::GetFiles($folder) | Should -HaveCount 1
    }

    It 'never writes one page over another, even by force' {
        $out = Get-NewPath
        Export-CheckpointReport "$samples/boring.pt", "$samples/residual.pt" $out -Force -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors.FullyQualifiedErrorId | Should -BeLike 'OutputExists,*'
        (Get-PageData $out).about.name | Should -BeExactly 'boring.pt'
    }

    It 'replaces a file with -Force alone, and a checkpoint never' {
        $out = Get-NewPath
        'old' | Set-Content -LiteralPath $out
        { Export-CheckpointReport "$samples/boring.pt" $out -ErrorAction Stop } | Should -Throw -ErrorId 'OutputExists,*'
        Get-Content -LiteralPath $out | Should -BeExactly 'old'

        $copy = [IO.Path]::Combine($TestDrive, 'copy.pt')
        Copy-Item "$samples/boring.pt" $copy
        { Export-CheckpointReport $copy $copy -Force -ErrorAction Stop } | Should -Throw -ErrorId 'OutputIsInput,*'
        { Export-CheckpointReport "$samples/residual.pt" $copy -ReferencePath $copy -Force -ErrorAction Stop } | Should -Throw -ErrorId 'OutputIsInput,*'
        @(Get-CheckpointInfo $copy).Count | Should -Be 8
    }

    It 'says what is not there' {
        { Export-CheckpointReport "$TestDrive/none.pt" (Get-NewPath) -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointNotFound,*'
        { Export-CheckpointReport "$samples/boring.pt" "$TestDrive/none/report.html" -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointNotFound,*'
        { Export-CheckpointReport "$samples/boring.pt" (Get-NewPath) -ReferencePath "$TestDrive/none.pt" -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointNotFound,*'
        { Export-CheckpointReport "$samples/boring.pt" (Get-NewPath) -ReferencePath "$samples/*.pt" -ErrorAction Stop } | Should -Throw -ErrorId 'ReferenceAmbiguous,*'
    }

    It 'writes nothing with -WhatIf' {
        $out = Get-NewPath
        Export-CheckpointReport "$samples/boring.pt" $out -WhatIf
        [IO.File]::Exists($out) | Should -BeFalse
    }

    It 'takes brackets in -LiteralPath as they are' {
        $copy = [IO.Path]::Combine($TestDrive, 'a[1].pt')
        [IO.File]::Copy("$samples/boring.pt", $copy)
        $out = Get-NewPath
        Export-CheckpointReport -LiteralPath $copy -Destination $out
        (Get-PageData $out).about.name | Should -BeExactly 'a[1].pt'
    }

    It 'does not load libtorch without -Module' {
        $null = Invoke-ChildScript @"
$importModule
Export-CheckpointReport '$samples/boring.pt' '$(Get-NewPath)' -Values
`$native = @([Diagnostics.Process]::GetCurrentProcess().Modules.Where({ `$_.ModuleName -like '*torch*' -and `$_.ModuleName -ne 'TorchSharp.dll' }))
if (`$native.Count -gt 0) { exit 3 }
exit 0
"@
        $LASTEXITCODE | Should -Be 0
    }
}
