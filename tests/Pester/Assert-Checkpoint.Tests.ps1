BeforeAll {
    . "$PSScriptRoot/Setup.ps1"

    # The error of a script block, which has to end in one.
    function Get-TerminatingError([scriptblock] $Script) {
        try { & $Script } catch { return $_ }
        throw 'There was no error.'
    }
}

Describe 'Assert-Checkpoint' {
    It 'writes nothing when everything passes' {
        Assert-Checkpoint "$fixtures/state-dict.pt", "$fixtures/shapes.safetensors" -Level Values *>&1 | Should -BeNullOrEmpty
    }

    It 'writes the paths with -PassThru' {
        $paths = @(Get-ChildItem "$fixtures/sharded-*" -Directory | Assert-Checkpoint -PassThru)

        $paths | Should -Be @("$fixtures/sharded-bin", "$fixtures/sharded-safetensors")
        $paths[0] | Should -BeOfType [string]
    }

    It 'names every finding of every checkpoint in one error, and holds the verdicts' {
        $failure = Get-TerminatingError {
            Assert-Checkpoint "$fixtures/bad-empty.pt", "$fixtures/state-dict.pt", "$fixtures/bad-overlap.safetensors", "$fixtures/unsafe_inst.pt" -PassThru |
                ForEach-Object { throw "$_ came out although another one did not pass." }
        }

        $failure.FullyQualifiedErrorId | Should -BeExactly 'CheckpointNotPassed'
        $failure.CategoryInfo.Category | Should -Be 'InvalidResult'
        $failure.Exception | Should -BeOfType [LowMem.PowerShell.Errors.CheckpointNotPassedException]
        $failure.TargetObject.Passed | Should -Be @($false, $false, $false)
        @($failure.TargetObject.Path | Split-Path -Leaf) | Should -Be @('bad-empty.pt', 'bad-overlap.safetensors', 'unsafe_inst.pt')
        $lines = "$failure" -split '\r?\n'
        $lines[0] | Should -BeExactly '3 of 4 checkpoints did not pass:'
        $lines.Count | Should -Be (1 + ($failure.TargetObject | ForEach-Object { $_.Findings.Count } | Measure-Object -Sum).Sum)
        $lines[1] | Should -BeLike '*bad-empty.pt: Error CheckpointFormatInvalid: the file is empty*'
        $lines[-2] | Should -BeLike '*unsafe_inst.pt: Error UnsafeGlobal: *os.system*'
        $lines[-1] | Should -BeLike '*unsafe_inst.pt: Information WeightsOnlyRefused: *INST*'
    }

    It 'does not pass what cannot be tested: <What>' -ForEach @(
        @{ What = 'no such file'; Path = 'no-such-file.pt'; Code = 'CheckpointNotFound' }
        @{ What = 'a pattern without a match'; Path = 'no-such-*.pt'; Code = 'CheckpointNotFound' }
        @{ What = 'a path of another provider'; Path = 'Env:PATH'; Code = 'PathNotFileSystem' }) {
        $failure = Get-TerminatingError { Assert-Checkpoint $Path, "$fixtures/state-dict.pt" }

        $failure.FullyQualifiedErrorId | Should -BeExactly 'CheckpointNotPassed'
        $failure.TargetObject.Count | Should -Be 1
        $failure.TargetObject[0].Findings[0].Code | Should -BeExactly $Code
        $failure.TargetObject[0].Errors | Should -Be 1
    }

    It 'does not pass when there is nothing to test' {
        $failure = Get-TerminatingError { @() | Assert-Checkpoint }

        $failure.FullyQualifiedErrorId | Should -BeExactly 'CheckpointNotPassed'
        "$failure" | Should -BeLike '*no checkpoint to test*'
    }

    It 'looks as closely as it is told' {
        [float[]] $values = 1, [float]::NaN
        $header = '{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
        $path = "$TestDrive/nan.safetensors"
        [IO.File]::WriteAllBytes($path, [BitConverter]::GetBytes([long] $header.Length) + [Text.Encoding]::ASCII.GetBytes($header) +
            [BitConverter]::GetBytes($values[0]) + [BitConverter]::GetBytes($values[1]))

        Assert-Checkpoint $path
        Assert-Checkpoint $path -Level Values -AllowNonFinite w
        (Get-TerminatingError { Assert-Checkpoint $path -Level Values }).TargetObject[0].FirstFinding | Should -BeLike 'Error NonFiniteValues: *'
    }

    It 'has the parameters of Test-Checkpoint, but no parts: half of a test is no gate' {
        $names = { param($command) @((Get-Command $command).Parameters.Keys -notmatch '^(Part|LocalPieces)$' | Sort-Object) }

        & $names Assert-Checkpoint | Should -Be @((& $names Test-Checkpoint) -replace '^Quiet$', 'PassThru' | Sort-Object)
        (Get-Command Assert-Checkpoint).Parameters.Keys | Should -Not -Contain 'Part'
    }

    It 'ends the script that calls it, and not its own statement alone' {
        $output = Invoke-ChildScript "$importModule; Assert-Checkpoint '$fixtures/bad-empty.pt'; 'deployed'" 2>&1

        $LASTEXITCODE | Should -Be 1
        "$output" | Should -Match 'did not pass'
        "$output" | Should -Not -Match 'deployed'
    }
}

Describe 'What a verdict is in other forms' {
    BeforeAll {
        $verdict = Test-Checkpoint "$fixtures/unsafe_inst.pt" -Level Checksum
    }

    It 'counts its findings and shows the worst' {
        $verdict.Errors | Should -BeOfType [int]
        $verdict.Errors | Should -Be 1
        $verdict.Warnings | Should -Be 0
        $verdict.FirstFinding | Should -BeExactly $verdict.Findings[0].ToString()
        (Test-Checkpoint "$fixtures/state-dict.pt").FirstFinding | Should -BeNullOrEmpty
    }

    It 'shows the first reason in the table' {
        $verdict | Out-String -Width 300 | Should -Match '(?s)False +1 +0 .*Error UnsafeGlobal: .*names\s+''os.system'''
    }

    It 'sorts by the number of errors' {
        $sorted = Test-Checkpoint "$fixtures/unsafe_inst.pt", "$fixtures/state-dict.pt" | Sort-Object Errors

        $sorted.Errors | Should -Be @(0, 1)
    }

    It 'has readable findings in CSV, also when it comes from a job' {
        $fromJob = Start-Job { Import-Module $using:modulePath; Test-Checkpoint "$using:fixtures/unsafe_inst.pt" -Level Checksum } |
            Receive-Job -Wait -AutoRemoveJob
        foreach ($each in $verdict, $fromJob) {
            $row = $each | ConvertTo-Csv | ConvertFrom-Csv

            $row.Errors | Should -Be '1'
            $row.FirstFinding | Should -BeLike 'Error UnsafeGlobal: *'
            # A list that comes from a job is one of PowerShell's, which puts blanks between its items.
            $row.Findings -replace ';' | Should -BeExactly "$($verdict.Findings[0]) $($verdict.Findings[1])"
            $each.Findings[0].Code | Should -BeExactly 'UnsafeGlobal'
        }
    }

    It 'has its findings in JSON' {
        $json = $verdict | ConvertTo-Json -Depth 4 -EnumsAsStrings | ConvertFrom-Json

        $json.Findings.Count | Should -Be 2
        $json.Findings[0].Severity | Should -BeExactly 'Error'
        $json.Findings[0].Code | Should -BeExactly 'UnsafeGlobal'
    }
}

Describe 'A path that is no regular file' {
    BeforeAll {
        function New-Pipe([string] $Path) {
            & mkfifo $Path
            $Path
        }
    }

    It 'is an error at once, and the rest of the pipeline goes on: <_>' -Skip:$IsWindows -ForEach @(
        'Get-CheckpointInfo', 'Test-Checkpoint', 'Import-ModelLowMemory', 'Measure-ModelMemory', 'New-CheckpointManifest') {
        $pipe = New-Pipe "$TestDrive/$_.pt"
        Copy-Item "$samples/boring.pt" "$TestDrive/$_-good.pt"

        $output = @($pipe, '/dev/zero', "$TestDrive/$_-good.pt" | & $_ -ErrorAction SilentlyContinue -ErrorVariable failures)

        $output.Count | Should -BeGreaterThan 0
        @($failures | ForEach-Object { ($_.FullyQualifiedErrorId -split ',')[0] }) | Should -Be @('CheckpointNotRegularFile', 'CheckpointNotRegularFile')
        @($failures.TargetObject) | Should -Be @($pipe, '/dev/zero')
        "$($failures[0])" | Should -BeLike '*named pipe (FIFO)*'
    }

    It 'is refused as a manifest and as the text of a model' -Skip:$IsWindows {
        $pipe = New-Pipe "$TestDrive/other"

        Test-Checkpoint "$samples/boring.pt" -Manifest $pipe -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointNotRegularFile,*'
        New-ModelSkeleton -Definition $pipe -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointNotRegularFile,*'
    }

    It 'does not pass' -Skip:$IsWindows {
        $failure = Get-TerminatingError { Assert-Checkpoint (New-Pipe "$TestDrive/asserted") }

        $failure.TargetObject[0].Findings[0].Code | Should -BeExactly 'CheckpointNotRegularFile'
        Test-Checkpoint "$TestDrive/asserted" -Quiet | Should -BeFalse
    }

    It 'is told as a circle of links' -Skip:$IsWindows {
        $null = New-Item -ItemType SymbolicLink "$TestDrive/a.pt" -Value "$TestDrive/b.pt" -Force
        $null = New-Item -ItemType SymbolicLink "$TestDrive/b.pt" -Value "$TestDrive/a.pt" -Force

        Get-CheckpointInfo "$TestDrive/a.pt" -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointNotFound,*'
        "$($failure[0])" | Should -BeLike '*its links lead in a circle*'
    }
}
