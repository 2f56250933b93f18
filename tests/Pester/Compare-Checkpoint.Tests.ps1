BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    $reference = "$fixtures/comparison/reference.pt"
    $difference = "$fixtures/comparison/difference.pt"
    $map = @{ 'model_state_dict.*' = '*' }
}

Describe 'Compare-Checkpoint' {
    Context 'differences' {
        It 'finds none in a copy, whatever its name' {
            [IO.File]::Copy("$samples/boring.pt", "$TestDrive/a[1].pt")

            Compare-Checkpoint "$samples/boring.pt" -DifferenceLiteralPath "$TestDrive/a[1].pt" | Should -BeNullOrEmpty
            Compare-Checkpoint -ReferenceLiteralPath "$TestDrive/a[1].pt" "$samples/boring.pt" | Should -BeNullOrEmpty
            Compare-Checkpoint -ReferenceLiteralPath "$TestDrive/a[1].pt" -DifferenceLiteralPath "$TestDrive/a[1].pt" -Quiet | Should -BeExactly $true
        }

        It 'gives one object for each, with both values of the first element' {
            $found = Compare-Checkpoint $reference $difference -Key 'no dimensions'

            $found | Should -BeOfType [LowMem.Checkpoints.Comparison.CheckpointDifference]
            $found.Key, $found.Change, $found.DifferingElements | Should -Be @('no dimensions', 'Value', 1)
            $found.Reference | Should -BeOfType [LowMem.Checkpoints.TensorInfo]
            $found.FirstDifference.Reference, $found.FirstDifference.Difference | Should -Be @(1.5, 1.25)
            $found.MaximumAbsoluteDifference, $found.MeanSquaredDifference, $found.CosineSimilarity | Should -Be @(0.25, 0.0625, 1)
            $found.ReferencePath, $found.DifferencePath | Should -Be @([IO.Path]::GetFullPath($reference), [IO.Path]::GetFullPath($difference))
        }

        It 'compares another format, and values that are not tensors' {
            Compare-Checkpoint "$fixtures/training.pt" "$fixtures/legacy-training.pth" | Should -BeNullOrEmpty
            $values = @(Compare-Checkpoint "$samples/boring.pt" "$samples/boring-training.pt" -Key epoch -WarningVariable none)
            $none | Should -BeNullOrEmpty
            $values.Change, $values.Difference, $values.DifferenceKey | Should -Be @('Added', 2, 'epoch')
        }

        It 'renames keys by rules and by a script block' {
            $rules = @(Compare-Checkpoint "$samples/boring.pt" "$samples/boring-training.pt" -KeyMap $map -Key in_proj.weight)
            $block = @(Compare-Checkpoint "$samples/boring.pt" "$samples/boring-training.pt" -KeyMap { $_ -replace '^model_state_dict\.' } -Key in_proj.weight)

            $rules.Key, $rules.DifferenceKey, $rules.Change, $rules.DifferingElements | Should -Be @('in_proj.weight', 'model_state_dict.in_proj.weight', 'Value', 20)
            $block.RelativeChange | Should -Be $rules.RelativeChange
        }

        It 'offers the rule that is missing' {
            $null = Compare-Checkpoint "$samples/boring.pt" "$samples/boring-training.pt" -WarningVariable warnings -WarningAction SilentlyContinue
            $warnings[0].Message | Should -BeLike "*no key of a tensor is in both. With -KeyMap @{ 'model_state_dict.*' = '*' }, 8 are."

            Compare-Checkpoint "$samples/boring.pt" "$samples/boring-training.pt" -KeyMap $map -WarningVariable none | Should -Not -BeNullOrEmpty
            $none | Should -BeNullOrEmpty
        }

        It 'lets pass what the tolerances allow' {
            $found = Compare-Checkpoint "$samples/boring.pt" "$samples/boring-training.pt" -KeyMap $map -Key *_proj.*, stages.* -AbsoluteTolerance 0.03 -IncludeEqual

            $found.Change | Sort-Object -Unique | Should -Be 'Equal'
            $found.Count | Should -Be 8
            $found[0].MaximumAbsoluteDifference | Should -BeGreaterThan 0
            { Compare-Checkpoint $reference $difference -RelativeTolerance -1 } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
        }

        It 'names what moved most first' {
            $changes = (Compare-Checkpoint "$samples/boring.pt" "$samples/boring-training.pt" -KeyMap $map -Key *_proj.*, stages.*).RelativeChange

            $changes.Count | Should -Be 8
            $changes | Should -Be ($changes | Sort-Object -Descending)
        }
    }

    Context 'the pipeline' {
        It 'takes files, texts, tensors and rows' {
            (Get-Item "$samples/boring.pt", $difference | Compare-Checkpoint "$samples/boring.pt" -Quiet) | Should -Be @($true, $false)
            ("$samples/boring.pt", $difference | Compare-Checkpoint "$samples/boring.pt" -Quiet) | Should -Be @($true, $false)
            (Get-CheckpointInfo "$samples/boring.pt" | Compare-Checkpoint "$samples/boring.pt" -Quiet) | Should -Be $true
            (Get-CheckpointInfo "$samples/boring.pt" -Summary | Compare-Checkpoint "$samples/boring.pt" -Quiet) | Should -Be $true
            ([pscustomobject]@{ ReferencePath = $reference; DifferencePath = $difference } | Compare-Checkpoint -Quiet) | Should -Be $false
        }
    }

    Context '-Quiet' {
        It 'is false for what cannot be compared' {
            Compare-Checkpoint "$fixtures/meta.pt" "$fixtures/meta.pt" -Quiet -ErrorVariable problems -ErrorAction SilentlyContinue | Should -BeExactly $false
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointUnsupported,*'
        }

        It 'is false where a key is not there' {
            Compare-Checkpoint "$samples/boring.pt" "$samples/boring.pt" -Key in_prj.weight -Quiet -ErrorVariable problems -ErrorAction SilentlyContinue | Should -BeExactly $false
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointKeyNotFound,*'
        }

        It 'does not come with -IncludeEqual' {
            { Compare-Checkpoint $reference $difference -Quiet -IncludeEqual } | Should -Throw -ErrorId 'ParametersExclusive,*'
        }
    }

    Context 'errors' {
        It 'is about one file, and the others go on' {
            $found = @(Compare-Checkpoint "$samples/boring.pt" "$TestDrive/none.pt", "$samples/boring.pt" -Quiet -ErrorVariable problems -ErrorAction SilentlyContinue)

            $found | Should -Be @($true)
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointNotFound,*'
        }

        It 'refuses a reference that is several files, and a map that is none' {
            { Compare-Checkpoint "$samples/boring*.pt" "$samples/boring.pt" -ErrorAction Stop } | Should -Throw -ErrorId 'ReferenceAmbiguous,*'
            { Compare-Checkpoint $reference $difference -KeyMap 5 } | Should -Throw -ErrorId 'KeyMapInvalid,*'
            { Compare-Checkpoint $reference $difference -KeyMap { 'one' } -ErrorAction Stop } | Should -Throw -ErrorId 'KeyMapInvalid,*'
        }
    }

    Context 'what is shown and kept' {
        It 'shows which layers moved in 80 columns' {
            $text = Compare-Checkpoint "$samples/boring.pt" "$samples/boring-training.pt" -KeyMap $map -Key out_proj.bias | Out-String -Width 80

            $text | Should -Match '(?m)^Change\s+RelChange\s+MaxDiff Differs\s+Key\r?$'
            $text | Should -Match '(?m)^Value\s+0\.2807\s+0\.02844 all 2\s+out_proj\.bias\r?$'
        }

        It 'says in a few words in what something differs' {
            (Compare-Checkpoint "$samples/residual.pt" "$samples/boring.pt" -Key in_proj.bias).DisplayDetail | Should -BeExactly '[8] -> [10]'
            (Compare-Checkpoint $reference $difference -Key 'float32 and bfloat16').DisplayDetail | Should -Match '^float32 -> bfloat16, all 48$'
            (Compare-Checkpoint $reference $difference -Key 'complex64').DisplayDetail | Should -BeExactly '15 of 20, 1 not finite'
            (Compare-Checkpoint "$samples/boring.pt" "$samples/boring-training.pt" -Key epoch).DisplayDetail | Should -BeExactly '2'
        }

        It 'is whole in JSON, in a CSV file and in a job' {
            $found = Compare-Checkpoint $reference $difference -Key 'no dimensions', float32
            $json = $found | ConvertTo-Json -Depth 4 -EnumsAsStrings -WarningVariable warnings | ConvertFrom-Json
            $row = $found[0] | ConvertTo-Csv | ConvertFrom-Csv
            $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($found[0]))

            $warnings | Should -BeNullOrEmpty
            $json[0].Change, $json[0].DifferingElements | Should -Be @('Value', $found[0].DifferingElements)
            $json[0].Reference.Shape | Should -Be @(9, 7)
            $row.Reference | Should -BeExactly 'float32: float32 [9, 7]'
            $row.FirstDifference | Should -BeLike '`[0, *`]: *'
            $copy.Change, $copy.DisplayDetail | Should -Be @('Value', $found[0].DisplayDetail)
        }

        It 'ends within a second when it is stopped' {
            foreach ($name in 'big1', 'big2') {
                $header = [Text.Encoding]::UTF8.GetBytes('{"w":{"dtype":"F32","shape":[1073741824],"data_offsets":[0,4294967296]}}')
                $file = [IO.File]::Create("$TestDrive/$name.safetensors")
                try {
                    $file.Write([BitConverter]::GetBytes([long] $header.Length))
                    $file.Write($header)
                    $file.SetLength($file.Length + 4294967296)
                }
                finally {
                    $file.Dispose()
                }
            }

            $shell = [powershell]::Create()
            try {
                $null = $shell.AddScript("$importModule; Compare-Checkpoint '$TestDrive/big1.safetensors' '$TestDrive/big2.safetensors'")
                $running = $shell.BeginInvoke()
                while ($shell.Streams.Progress.Count -eq 0 -and -not $running.IsCompleted) { Start-Sleep -Milliseconds 20 }
                $shell.Stop()

                $shell.InvocationStateInfo.State | Should -Be 'Stopped'
                $shell.Streams.Progress[0].StatusDescription | Should -Match ' of 8\.0 GiB'
            }
            finally {
                $shell.Dispose()
            }
        }
    }
}
