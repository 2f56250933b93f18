BeforeAll {
    . "$PSScriptRoot/Setup.ps1"

    # A copy of a file in which the byte at a place has another value.
    function New-DamagedCopy([string] $Source, [long] $Offset) {
        $bytes = [IO.File]::ReadAllBytes($Source)
        $bytes[$Offset] = $bytes[$Offset] -bxor 0x10
        $copy = [IO.Path]::Combine($TestDrive, [Guid]::NewGuid().ToString('N'))
        [IO.File]::WriteAllBytes($copy, $bytes)
        $copy
    }
}

Describe 'Test-Checkpoint' {
    Context 'the verdict' {
        It 'is one object with the properties that scripts depend on' {
            $verdict = @(Test-Checkpoint "$samples/boring.pt")

            $verdict.Count | Should -Be 1
            $verdict[0].Path | Should -BeExactly ([IO.Path]::GetFullPath("$samples/boring.pt"))
            $verdict[0].Format | Should -BeExactly 'pytorch-zip'
            $verdict[0].Passed | Should -BeTrue
            $verdict[0].Level | Should -BeExactly 'Structure'
            $verdict[0].Findings.Count | Should -Be 0
            $verdict[0].TensorCount | Should -Be 8
            $verdict[0].BytesRead | Should -BeOfType [long]
            $verdict[0].BytesRead | Should -BeGreaterThan 0
            $verdict[0].Duration | Should -BeOfType [TimeSpan]
        }

        It 'passes <_> at the level Checksum' -ForEach @(
            'state-dict.pt', 'training.pt', 'repacked-deflated.pt', 'torchscript.pt', 'shapes.safetensors', 'sharded-bin') {
            $verdict = Test-Checkpoint "$fixtures/$_" -Level Checksum

            $verdict.Passed | Should -BeTrue
            $verdict.Level | Should -BeExactly 'Checksum'
        }

        It 'says <Code> of <Name>' -ForEach @(
            @{ Name = 'bad-truncated-zip.pt'; Code = 'CheckpointTruncated'; Part = 'truncated: 1822 of at least 2479 bytes' }
            @{ Name = 'bad-data-cut.safetensors'; Code = 'CheckpointTruncated'; Part = 'truncated: 78 of 86 bytes' }
            @{ Name = 'bad-header-longer-than-file.safetensors'; Code = 'CheckpointTruncated'; Part = 'truncated: 77 of at least 5008 bytes' }
            @{ Name = 'bad-truncated-directory.pt'; Code = 'CheckpointTruncated'; Part = 'truncated: 2703 of at least 2704 bytes' }
            @{ Name = 'bad-random.pt'; Code = 'CheckpointFormatInvalid'; Part = 'no checkpoint of a known format' }
            @{ Name = 'bad-empty.pt'; Code = 'CheckpointFormatInvalid'; Part = 'empty' }
            @{ Name = 'bad-storage-missing.pt'; Code = 'StorageMissing'; Part = 'no record' }
            @{ Name = 'bad-tensor-outside-storage.pt'; Code = 'TensorOutOfBounds'; Part = 'bytes of storage' }
            @{ Name = 'unsafe_os_system.pt'; Code = 'UnsafeGlobal'; Part = 'os.system' }) {
            $verdict = Test-Checkpoint "$fixtures/$Name"

            $verdict.Passed | Should -BeFalse
            $verdict.Findings[0].Severity | Should -Be 'Error'
            $verdict.Findings[0].Code | Should -BeExactly $Code
            $verdict.Findings[0].Message | Should -BeLike "*$Part*"
        }

        It 'warns of trailing bytes in the verdict and nowhere else, and passes' {
            [IO.File]::WriteAllBytes("$TestDrive/trailing.pt", [IO.File]::ReadAllBytes("$samples/boring.pt") + [byte[]] @(0, 0, 0))

            $verdict = Test-Checkpoint "$TestDrive/trailing.pt" -WarningVariable warnings

            $verdict.Passed | Should -BeTrue
            $verdict.Findings.Count | Should -Be 1
            $verdict.Findings[0].Code | Should -BeExactly 'TrailingBytes'
            $verdict.Findings[0].Severity | Should -Be 'Warning'
            $verdict.Findings[0].Offset | Should -Be ([IO.FileInfo]::new("$samples/boring.pt").Length)
            $warnings.Count | Should -Be 0
        }

        It 'shows a table of verdicts, and one of findings' {
            $text = Test-Checkpoint "$fixtures/bad-storage-missing.pt" | Out-String
            $text | Should -Match 'Passed\s+Errors\s+Warnings\s+Path'
            $text | Should -Match 'False\s+1\s+0\s+bad-storage-missing\.pt\s+Error StorageMissing'

            $text = (Test-Checkpoint "$fixtures/bad-storage-missing.pt").Findings | Out-String
            $text | Should -Match 'Severity\s+Code\s+Key'
            $text | Should -Match 'Error\s+StorageMissing\s+'
        }

        It 'shows the directory above the names, once for all that are there' {
            $null = [IO.Directory]::CreateDirectory("$TestDrive/models")
            [IO.File]::Copy("$samples/boring.pt", "$TestDrive/models/boring.pt")

            $text = Test-Checkpoint "$samples/boring.pt", "$samples/boring-training.pt", "$TestDrive/models/boring.pt" | Out-String -Width 500

            [regex]::Matches($text, '(?m)^\s+Directory: .*samples\s*$').Count | Should -Be 1
            [regex]::Matches($text, '(?m)^\s+Directory: .*models\s*$').Count | Should -Be 1
            [regex]::Matches($text, '(?m)^True\s+0\s+0\s+boring\.pt\s*$').Count | Should -Be 2
        }

        It 'tells a job''s owner what it told in the job' {
            # What a job sends: one level, but for types that say otherwise.
            $verdict = Test-Checkpoint "$fixtures/bad-storage-missing.pt"
            $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($verdict, 1))

            $copy.Findings[0].Code | Should -BeExactly 'StorageMissing'
            $copy | Out-String | Should -Match 'False\s+1\s+0\s+bad-storage-missing\.pt\s+Error StorageMissing'
        }

        It 'shows a finding as one line of a log' {
            "$((Test-Checkpoint "$fixtures/bad-storage-missing.pt").Findings[0])" |
                Should -BeExactly "Error StorageMissing: tensor 'weight': the archive has no record 'data/7'"
        }

        It 'survives ConvertTo-Json' {
            $json = Test-Checkpoint "$fixtures/bad-storage-missing.pt" | ConvertTo-Json -Depth 4 -EnumsAsStrings | ConvertFrom-Json

            $json.Passed | Should -BeFalse
            $json.Level | Should -BeExactly 'Structure'
            $json.Findings[0].Severity | Should -BeExactly 'Error'
        }
    }

    Context '-AllowGlobal' {
        It 'does not pass a class that nobody knows, and says how to allow it' {
            $verdict = Test-Checkpoint $fixtures/whole-module.pt
            $verdict.Passed | Should -BeFalse
            $finding = @($verdict.Findings | Where-Object Code -EQ UnknownGlobal)[0]
            "$($finding.Severity)" | Should -Be 'Error'
            $finding.Message | Should -Match "-AllowGlobal '[^']+' lets it pass"
        }

        It 'passes it when a wildcard names it, and tells it as information' {
            $names = (Get-CheckpointInfo $fixtures/whole-module.pt -Summary).UnknownGlobals
            $verdict = Test-Checkpoint $fixtures/whole-module.pt -AllowGlobal ($names -replace '[^.]+$', '*')
            $verdict.Passed | Should -BeTrue
            @($verdict.Findings | Where-Object Code -EQ UnknownGlobal).Severity | ForEach-Object { "$_" | Should -Be 'Information' }
        }

        It 'tells letters of one case from those of the other' {
            $names = (Get-CheckpointInfo $fixtures/whole-module.pt -Summary).UnknownGlobals
            Test-Checkpoint $fixtures/whole-module.pt -AllowGlobal $names.ToUpperInvariant() -Quiet | Should -BeFalse
        }

        It 'allows nothing that is dangerous' {
            Test-Checkpoint $fixtures/unsafe_os_system.pt -AllowGlobal '*' -Quiet | Should -BeFalse
        }
    }

    Context '-Level Checksum' {
        It 'names record, key, expected and found of bytes that have changed' {
            $tensor = @(Get-CheckpointInfo "$samples/boring.pt" -Key stages.1.weight)[0]
            $copy = New-DamagedCopy "$samples/boring.pt" $tensor.Offset

            (Test-Checkpoint $copy).Passed | Should -BeTrue
            $verdict = Test-Checkpoint $copy -Level Checksum

            $verdict.Passed | Should -BeFalse
            $verdict.Findings.Count | Should -Be 1
            $verdict.Findings[0].Code | Should -BeExactly 'ChecksumMismatch'
            $verdict.Findings[0].Key | Should -BeExactly 'stages.1.weight'
            $verdict.Findings[0].Offset | Should -Be $tensor.Offset
            $verdict.Findings[0].Message | Should -Match "record 'boring/data/$($tensor.StorageKey)'.*should be [0-9a-f]{8} and is [0-9a-f]{8}"
        }

        It 'says that safetensors has no checksums, and what helps' {
            $verdict = Test-Checkpoint "$fixtures/shapes.safetensors" -Level Checksum

            $verdict.Passed | Should -BeTrue
            $verdict.Findings[0].Severity | Should -Be 'Information'
            $verdict.Findings[0].Message | Should -BeLike '*New-CheckpointManifest*'
        }
    }

    Context '-Level Values' {
        It 'counts NaN and infinities, and names the place of the first' {
            $tensor = @(Get-CheckpointInfo "$fixtures/dtypes.pt" -Key float32)[0]

            $finding = @((Test-Checkpoint "$fixtures/dtypes.pt" -Level Values).Findings.Where({ $_.Key -eq 'float32' }))[0]

            $finding.Severity | Should -Be 'Error'
            $finding.Code | Should -BeExactly 'NonFiniteValues'
            $finding.Message | Should -BeExactly "tensor 'float32' holds 1 NaN and 2 infinite of 8 values"
            $finding.Offset | Should -BeGreaterOrEqual $tensor.Offset
            $finding.Offset | Should -BeLessThan ($tensor.Offset + $tensor.ByteLength)
        }

        It 'lets -AllowNonFinite allow them by key' {
            $verdict = Test-Checkpoint "$fixtures/dtypes.pt" -Level Values -AllowNonFinite FLOAT*, complex*
            $verdict.Passed | Should -BeFalse
            @($verdict.Findings.Where({ $_.Severity -eq 'Error' })).Key | Should -Be @('bfloat16')

            $verdict = Test-Checkpoint "$fixtures/dtypes.pt" -Level Values -AllowNonFinite *
            $verdict.Passed | Should -BeTrue
            @($verdict.Findings.Where({ $_.Code -eq 'NonFiniteValues' })).Count | Should -Be 6
        }
    }

    Context '-Manifest' {
        BeforeAll {
            $manifest = [IO.Path]::Combine($TestDrive, 'boring.json')
            $null = New-CheckpointManifest "$samples/boring.pt" -OutputPath $manifest
        }

        It 'passes what has not changed, and reads every byte of it' {
            $verdict = Test-Checkpoint "$samples/boring.pt" -Manifest $manifest

            $verdict.Passed | Should -BeTrue
            $verdict.Level | Should -BeExactly 'Checksum'
            $verdict.BytesRead | Should -BeGreaterOrEqual ([IO.FileInfo]::new("$samples/boring.pt").Length)
        }

        It 'names what has changed' {
            $tensor = @(Get-CheckpointInfo "$samples/boring.pt" -Key out_proj.bias)[0]
            $copy = New-DamagedCopy "$samples/boring.pt" $tensor.Offset

            $verdict = Test-Checkpoint $copy -Manifest $manifest -Level Structure

            $verdict.Passed | Should -BeFalse
            $verdict.Findings.Code | Should -Be @('ManifestChanged', 'ManifestChanged')
            $verdict.Findings[1].Key | Should -BeExactly 'out_proj.bias'
            $verdict.Findings[1].Message | Should -Match 'should have SHA-256 [0-9a-f]{64} and have [0-9a-f]{64}'
        }

        It 'gives an error and no verdict when the manifest is <Name>' -ForEach @(
            @{ Name = 'missing'; Id = 'CheckpointNotFound' }
            @{ Name = 'no manifest'; Id = 'CheckpointFormatInvalid' }) {
            $path = "$TestDrive/not-a-manifest.json"
            if ($Name -ne 'missing') { [IO.File]::WriteAllText($path, '{}') }

            $verdicts = @(Test-Checkpoint "$samples/boring.pt", "$samples/boring-training.pt" -Manifest $path -ErrorAction SilentlyContinue -ErrorVariable problems)

            $verdicts.Count | Should -Be 0
            $problems.Count | Should -Be 2
            $problems[0].FullyQualifiedErrorId | Should -BeLike "$Id,*"
            $problems[0].Exception.Message | Should -BeLike '*not-a-manifest.json*'
        }
    }

    Context '-Module' {
        It 'passes a module that fits, and leaves it as it was' {
            $model = New-BoringSkeleton

            (Test-Checkpoint "$samples/boring.pt" -Module $model).Passed | Should -BeTrue

            @($model | Get-ModuleParameter).Device | Should -Be @(@('meta') * 8)
        }

        It 'names keys that are missing and unexpected' {
            $findings = (Test-Checkpoint "$fixtures/state-dict.pt" -Module (New-BoringSkeleton)).Findings

            @($findings.Where({ $_.Code -eq 'ModuleKeyMissing' })).Key | Should -Contain 'in_proj.weight'
            @($findings.Where({ $_.Code -eq 'ModuleKeyUnexpected' })).Count | Should -BeGreaterThan 0
        }

        It 'looks at the part that -Prefix names' {
            $model = New-ModelSkeleton -Checkpoint "$fixtures/state-dict.pt"

            (Test-Checkpoint "$fixtures/training.pt" -Module $model -Prefix 'model_state_dict').Passed | Should -BeTrue
            $findings = (Test-Checkpoint "$fixtures/training.pt" -Module $model -Prefix 'sgd').Findings
            @($findings.Where({ $_.Code -like 'ModuleKey*' })).Count | Should -BeGreaterThan 0
            @($findings.Where({ $_.Code -like 'ModuleKey*' })).Severity | Should -Contain 'Error'
        }

        It 'names the shape that differs, and both shapes' {
            $model = New-ModelSkeleton {
                $linear = { param($from, $to) [TorchSharp.torch+nn]::Linear($from, $to) }
                [ordered]@{
                    in_proj = & $linear 2 10; stages = @((& $linear 10 10), (& $linear 10 10)); out_proj = & $linear 10 3
                }
            }

            $verdict = Test-Checkpoint "$samples/boring.pt" -Module $model

            $verdict.Passed | Should -BeFalse
            $verdict.Findings.Code | Should -Be @('ModuleShapeMismatch', 'ModuleShapeMismatch')
            $verdict.Findings[0].Message | Should -BeLike 'out_proj.weight: the module has float32 `[3, 10`], the checkpoint float32 `[2, 10`]'
        }

        It 'tells of casts and passes' {
            $verdict = Test-Checkpoint "$samples/boring.pt" -Module (New-BoringSkeleton -DType Float64)

            $verdict.Passed | Should -BeTrue
            $verdict.Findings.Count | Should -Be 8
            $verdict.Findings[0].Code | Should -BeExactly 'ModuleDTypeCast'
            $verdict.Findings[0].Severity | Should -Be 'Information'
        }

        It 'takes nothing but modules' {
            { Test-Checkpoint "$samples/boring.pt" -Module 'Linear' } | Should -Throw '*TorchSharp module is needed*'
        }
    }

    Context '-Quiet' {
        It 'gives true or false for each, and no error for what cannot be read' {
            $answers = @(Test-Checkpoint "$samples/boring.pt", "$TestDrive/nothing.pt", "$fixtures/bad-random.pt", "$fixtures/generator" -Quiet -ErrorVariable problems)

            $answers | Should -Be @($true, $false, $false, $false)
            $problems.Count | Should -Be 0
        }
    }

    Context 'what cannot be read' {
        It 'is an error with a fixed id, and the rest goes on' {
            $verdicts = @("$TestDrive/nothing.pt", "$fixtures/generator", "$samples/boring.pt" |
                    Test-Checkpoint -ErrorAction SilentlyContinue -ErrorVariable problems)

            $verdicts.Count | Should -Be 1
            $verdicts[0].Passed | Should -BeTrue
            $problems.Count | Should -Be 2
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointNotFound,*'
        }
    }

    Context 'the script with an exit code that the help shows' {
        BeforeAll {
            $help = Get-Help Test-Checkpoint -Full
            $recipe = @($help.examples.example).Where({ $_.title -like '*exit code*' })[0].code
            $scriptFile = [IO.Path]::Combine($TestDrive, 'gate.ps1')
            [IO.File]::WriteAllText($scriptFile, $recipe)
        }

        It 'ends with <Code> for <Names>' -ForEach @(
            @{ Code = 0; Names = @('state-dict.pt', 'shapes.safetensors'); Part = 'Information ChecksumAbsent' }
            @{ Code = 1; Names = @('state-dict.pt', 'unsafe_os_system.pt'); Part = 'Error UnsafeGlobal' }
            @{ Code = 1; Names = @('bad-truncated-zip.pt'); Part = 'Error CheckpointTruncated' }
            @{ Code = 2; Names = @('nothing.pt', 'bad-random.pt', 'state-dict.pt'); Part = 'UNREADABLE*nothing.pt' }
            @{ Code = 2; Names = @('nothing-*.pt'); Part = 'UNREADABLE*no file matches' }) {
            $paths = @($Names | ForEach-Object { "'$fixtures/$_'" }) -join ', '

            $lines = Invoke-ChildScript "$importModule; & '$scriptFile' -Path $paths; exit `$LASTEXITCODE"

            $LASTEXITCODE | Should -Be $Code
            $lines -join "`n" | Should -BeLike "*$Part*"
        }

        It 'ends with 2 when it is called without a path: nothing is known then' {
            $lines = Invoke-ChildScript "$importModule; & '$scriptFile'; exit `$LASTEXITCODE"

            $LASTEXITCODE | Should -Be 2
            $lines -join "`n" | Should -BeLike 'FAILED *null or empty*'
        }

        It 'takes paths one after the other, as a shell gives them' {
            $null = Invoke-ChildScript "$importModule; & '$scriptFile' '$fixtures/state-dict.pt' '$fixtures/bad-random.pt'; exit `$LASTEXITCODE"

            $LASTEXITCODE | Should -Be 1
        }
    }

    It 'never loads libtorch unless -Module is used' {
        $probe = @"
$importModule
`$null = New-CheckpointManifest '$samples/boring.pt' -OutputPath '$TestDrive/probe.json'
`$null = Test-Checkpoint '$samples/boring.pt' -Level Values -Manifest '$TestDrive/probe.json'
`$native = @([Diagnostics.Process]::GetCurrentProcess().Modules.Where({ `$_.ModuleName -like '*torch*' -and `$_.ModuleName -ne 'TorchSharp.dll' }))
if (`$native.Count -gt 0) { exit 3 }
exit 0
"@
        $null = Invoke-ChildScript $probe

        $LASTEXITCODE | Should -Be 0
    }
}
