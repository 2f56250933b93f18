BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    $expected = [IO.File]::ReadAllText("$samples/boring.expected.json") | ConvertFrom-Json

    # The rows of a matrix one after the other, as float32.
    function Get-Flat($Rows) { , [float[]] @($Rows.ForEach({ $_ })) }

    function Get-ExpectedValue($Key) { Get-Flat $expected.tensors.$Key }
}

Describe 'Import-ModelLowMemory' {
    Context 'values' {
        It 'gives the values that PyTorch printed (<_>)' -ForEach 'mapped', 'resident' {
            $module = Import-ModelLowMemory "$samples/boring.pt" (New-BoringSkeleton) -Resident:($_ -eq 'resident')

            foreach ($key in (Get-CheckpointInfo "$samples/boring.pt").Key) {
                Get-FloatValue $module $key | Should -Be (Get-ExpectedValue $key)
            }
        }

        It 'gives the forward pass that PyTorch gave' {
            $module = Import-ModelLowMemory "$samples/boring.pt" (New-BoringSkeleton)
            $rows = $expected.input.Count
            $inputs = [TorchSharp.torch]::tensor((Get-Flat $expected.input)).reshape([long[]] @($rows, 2))
            $output = $module.forward($inputs).data[float]().ToArray()
            $wanted = Get-Flat $expected.output

            $output.Count | Should -Be $wanted.Count
            for ($i = 0; $i -lt $output.Count; $i++) {
                [Math]::Abs($output[$i] - $wanted[$i]) | Should -BeLessThan 1e-6
            }
        }

        It 'builds the module from the checkpoint when there is none' {
            $module = Import-ModelLowMemory "$samples/boring.pt"

            Get-FloatValue $module 'out_proj.bias' | Should -Be (Get-ExpectedValue 'out_proj.bias')
        }
    }

    Context 'the report' {
        It 'says what was mapped' {
            $report = (Import-ModelLowMemory "$samples/boring.pt" (New-BoringSkeleton)).LoadReport

            $report.Mode | Should -BeExactly 'Mapped'
            $report.Path | Should -BeExactly ([IO.Path]::GetFullPath("$samples/boring.pt"))
            $report.TensorCount | Should -Be 8
            $report.MappedBytes | Should -Be 1088
            $report.CopiedBytes | Should -Be 0
            $report.MissingKeys.Count | Should -Be 0
            $report.UnexpectedKeys.Count | Should -Be 0
            $report.CastKeys.Count | Should -Be 0
            $report.Duration | Should -BeOfType [TimeSpan]
            $report.PrivateBytesPeak | Should -BeGreaterOrEqual $report.PrivateBytesBefore
            $report.PrivateBytesAfter | Should -BeGreaterThan 0
        }

        It 'says what was copied' {
            $report = (Import-ModelLowMemory "$samples/boring.pt" (New-BoringSkeleton) -Resident).LoadReport

            $report.Mode | Should -BeExactly 'Resident'
            $report.CopiedBytes | Should -Be 1088
            $report.MappedBytes | Should -Be 0
        }
    }

    Context 'dtypes and gradients' {
        It 'casts to the type of the parameter' {
            $loaded = Import-ModelLowMemory "$samples/boring.pt" (New-BoringSkeleton -DType Float64)

            ($loaded | Get-ModuleParameter)[0].DType | Should -BeExactly 'float64'
            $loaded.LoadReport.CastKeys.Count | Should -Be 8
            $value = $loaded.state_dict()['out_proj.bias'].data[double]().ToArray()
            $value[0] | Should -Be ([double](Get-ExpectedValue 'out_proj.bias')[0])
        }

        It 'takes over the type of the checkpoint with -KeepDType' {
            $loaded = Import-ModelLowMemory "$samples/boring.pt" (New-BoringSkeleton -DType Float64) -KeepDType

            ($loaded | Get-ModuleParameter)[0].DType | Should -BeExactly 'float32'
            $loaded.LoadReport.CastKeys.Count | Should -Be 0
        }

        It 'wants no gradients, or does with -RequiresGrad' {
            $without = Import-ModelLowMemory "$samples/boring.pt" (New-BoringSkeleton) | Get-ModuleParameter
            $with = Import-ModelLowMemory "$samples/boring.pt" (New-BoringSkeleton) -RequiresGrad | Get-ModuleParameter

            @($without.Where({ $_.RequiresGrad })).Count | Should -Be 0
            @($with.Where({ $_.RequiresGrad })).Count | Should -Be 8
        }
    }

    Context 'where the weights are' {
        It 'finds the sub-dictionary by itself and says so' {
            $report = (Import-ModelLowMemory "$samples/boring-training.pt" (New-BoringSkeleton)).LoadReport

            $report.Prefix | Should -BeExactly 'model_state_dict.'
            $report.TensorCount | Should -Be 8
        }

        It 'takes -Prefix' {
            (Import-ModelLowMemory "$samples/boring-training.pt" (New-BoringSkeleton) -Prefix model_state_dict).LoadReport.TensorCount |
                Should -Be 8
        }

        It 'refuses a device that is not there' {
            Import-ModelLowMemory "$samples/boring.pt" -Device cuda -ErrorAction SilentlyContinue -ErrorVariable problems
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'DeviceUnavailable,*'
        }
    }

    Context 'what does not fit' {
        It 'names every mismatch in one error and leaves the module as it was' {
            $module = New-ModelSkeleton {
                $nn = [TorchSharp.torch+nn]
                [ordered]@{ in_proj = $nn::Linear(2, 10); stages = @($nn::Linear(10, 11)); other = $nn::Linear(1, 1) }
            }

            Import-ModelLowMemory "$samples/boring.pt" $module -ErrorAction SilentlyContinue -ErrorVariable problems

            $problems.Count | Should -Be 1
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'ModelMismatch,*'
            $message = $problems[0].Exception.Message
            foreach ($part in 'stages.0.weight', 'stages.0.bias', 'other.weight', 'other.bias', 'stages.1.weight', 'out_proj.bias') {
                $message | Should -BeLike "*$part*"
            }
            @(($module | Get-ModuleParameter).Device | Sort-Object -Unique) | Should -Be @('meta')
        }

        It 'refuses a file that names os.system, and executes nothing' {
            Import-ModelLowMemory "$fixtures/unsafe_os_system.pt" -WarningAction SilentlyContinue -ErrorAction SilentlyContinue -ErrorVariable problems

            $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointUnsafe,*'
            $problems[0].Exception.Message | Should -BeLike '*os.system*'
        }

        It 'loads the tensors of such a file with -AllowUnsafeGlobals, and executes nothing' {
            $file = "$fixtures/unsafe_os_system.pt"
            $model = Import-ModelLowMemory $file -AllowUnsafeGlobals -WarningAction SilentlyContinue -WarningVariable warnings

            $model.LoadReport.TensorCount | Should -Be 1
            $model.LoadReport.PrivateBytesAfter | Should -BeGreaterThan 0
            "$warnings" | Should -BeLike '*os.system*'
        }

        It 'reports <Name> as <Id> and goes on with the next file' -ForEach @(
            @{ Name = 'not-there.pt'; Id = 'CheckpointNotFound' }
            @{ Name = 'bad-random.pt'; Id = 'CheckpointFormatInvalid' }
            @{ Name = 'bad-truncated-zip.pt'; Id = 'CheckpointTruncated' }
            @{ Name = 'bad-header-longer-than-file.safetensors'; Id = 'CheckpointTruncated' }) {
            $loaded = @(Import-ModelLowMemory "$fixtures/$Name", "$samples/boring.pt" -ErrorAction SilentlyContinue -ErrorVariable problems)

            $loaded.Count | Should -Be 1
            $problems.Count | Should -Be 1
            $problems[0].FullyQualifiedErrorId | Should -BeLike "$Id,*"
        }

        It 'refuses a tensor that cannot be read' {
            Import-ModelLowMemory "$fixtures/bad-storage-missing.pt" -ErrorAction SilentlyContinue -ErrorVariable problems
            $problems.Count | Should -Be 1
        }
    }

    It 'shows the module by what there is of it, and where it came from' {
        $text = Import-ModelLowMemory "$samples/boring.pt" | Out-String

        $text | Should -Match 'Parameters : 8, 1\.1 KiB'
        $text | Should -Match 'Device\s+: cpu'
        $text | Should -Match 'LoadReport : Mapped from'
    }

    It 'loads nothing with -WhatIf' {
        $module = New-BoringSkeleton

        Import-ModelLowMemory "$samples/boring.pt" $module -WhatIf | Should -BeNullOrEmpty

        ($module | Get-ModuleParameter)[0].Device | Should -Be 'meta'
    }

    It 'loads a sharded checkpoint' {
        $module = Import-ModelLowMemory "$fixtures/sharded-safetensors"
        $summary = Get-CheckpointInfo "$fixtures/sharded-safetensors" -Summary

        $module.LoadReport.TensorCount | Should -Be $summary.TensorCount
    }

    It 'releases the file when the module is disposed' {
        [IO.File]::Copy("$samples/boring.pt", "$TestDrive/held.pt")
        $module = Import-ModelLowMemory "$TestDrive/held.pt"
        $module.Dispose()

        [IO.File]::Delete("$TestDrive/held.pt")
        [IO.File]::Exists("$TestDrive/held.pt") | Should -BeFalse
    }
}
