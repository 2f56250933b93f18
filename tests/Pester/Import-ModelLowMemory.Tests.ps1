BeforeAll { . "$PSScriptRoot/Setup.ps1" }

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

    Context 'prefetching' {
        It 'reads what is mapped in the background, and tells how far that is' {
            $module = Import-ModelLowMemory "$samples/boring.pt" (New-BoringSkeleton) -Prefetch
            $module.LoadReport.Prefetch.Wait([timespan]::FromMinutes(1)) | Should -BeTrue
            $module.LoadReport.Prefetch.State | Should -Be 'Completed'
            $module.LoadReport.Prefetch.BytesDone | Should -Be $module.LoadReport.Prefetch.ByteLength
            $json = $module.LoadReport | ConvertTo-Json -Depth 3 | ConvertFrom-Json
            $json.Prefetch.BytesDone | Should -Be $module.LoadReport.Prefetch.ByteLength
        }

        It 'is not asked for without need' {
            (Import-ModelLowMemory "$samples/boring.pt" (New-BoringSkeleton)).LoadReport.Prefetch | Should -BeNullOrEmpty
            { Import-ModelLowMemory "$samples/boring.pt" (New-BoringSkeleton) -Prefetch -Resident } | Should -Throw -ErrorId 'ParametersExclusive,*'
        }
    }

    Context 'what the checkpoint does not have' {
        BeforeAll {
            function New-Headed {
                New-ModelSkeleton {
                    $nn = [TorchSharp.torch+nn]
                    [ordered]@{ in_proj = $nn::Linear(2, 10); stages = $nn::Linear(10, 10), $nn::Linear(10, 10); out_proj = $nn::Linear(10, 2); head = $nn::Linear(2, 3) }
                }
            }
            $x = [TorchSharp.torch]::ones([long[]] (1, 2))
        }

        It 'starts with its layer''s initial values, the same for the same seed, and can be trained' {
            $models = 7, 7, 8 | ForEach-Object {
                Import-ModelLowMemory "$samples/boring.pt" (New-Headed) -InitializeMissing -Seed $_ -RequiresGrad -WarningVariable warnings -WarningAction SilentlyContinue
            }
            $heads = $models.ForEach({ (Get-FloatValue $_ 'head.weight') -join ' ' })

            $heads[0] | Should -BeExactly $heads[1]
            $heads[0] | Should -Not -BeExactly $heads[2]
            "$warnings" | Should -BeExactly 'Not in the checkpoint, and given initial values: head.weight, head.bias.'
            $models[0].LoadReport.InitializedKeys | Should -Be @('head.weight', 'head.bias')
            $models[0].LoadReport.MetaKeys | Should -BeNullOrEmpty
            $models[0].forward($x).sum().backward()
            $models[0]['head'].weight.grad.shape | Should -Be @(3, 2)
            Get-FloatValue $models[0] 'out_proj.bias' | Should -Be (Get-ExpectedValue 'out_proj.bias')
        }

        It 'starts so without a warning where it was left out' {
            $model = Import-ModelLowMemory "$samples/boring.pt" (New-Headed) -Exclude 'head.*', 'out_proj.*' -InitializeMissing -WarningVariable warnings

            $warnings | Should -BeNullOrEmpty
            $model.LoadReport.InitializedKeys | Should -Be @('out_proj.weight', 'out_proj.bias', 'head.weight', 'head.bias')
        }

        It 'is named by the forward pass when it stays on meta' {
            $model = Import-ModelLowMemory "$samples/boring.pt" (New-Headed) -AllowMissing -WarningAction SilentlyContinue

            { $model.forward($x) } | Should -Throw '*it has no values for head.weight, head.bias.*-InitializeMissing*'
        }

        It 'takes no seed for nothing' {
            { Import-ModelLowMemory "$samples/boring.pt" -Seed 3 } | Should -Throw -ErrorId 'ParameterMissing,*'
        }
    }

    Context 'globals that nobody knows' {
        It 'loads, and warns with their names' {
            $path = "$PSScriptRoot/../fixtures/whole-module.pt"
            $unknown = (Get-CheckpointInfo $path -Summary).UnknownGlobals
            $model = Import-ModelLowMemory $path -WarningVariable warnings -WarningAction SilentlyContinue
            $model.LoadReport.TensorCount | Should -BeGreaterThan 0
            foreach ($name in $unknown) { "$warnings" | Should -BeLike "*$name*" }
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

        It 'gives floating-point parameters the type of -DType' {
            $loaded = Import-ModelLowMemory "$samples/boring.pt" -DType bfloat16

            @(($loaded | Get-ModuleParameter).DType | Sort-Object -Unique) | Should -Be @('bfloat16')
            $loaded.LoadReport.CastKeys.Count | Should -Be 8
            $loaded.LoadReport.CopiedCount | Should -Be 8
            $value = $loaded.state_dict()['out_proj.bias'].to([TorchSharp.torch+ScalarType]::Float32).data[float]().ToArray()
            [Math]::Abs($value[0] - (Get-ExpectedValue 'out_proj.bias')[0]) | Should -BeLessThan 0.002
        }

        It 'refuses -DType together with -KeepDType, and what is no floating-point type' {
            { Import-ModelLowMemory "$samples/boring.pt" -DType float16 -KeepDType } | Should -Throw '*-KeepDType and -DType*' -ErrorId 'ParametersExclusive,*'
            { Import-ModelLowMemory "$samples/boring.pt" -DType int64 } | Should -Throw
        }

        It 'wants no gradients, or does with -RequiresGrad' {
            $without = Import-ModelLowMemory "$samples/boring.pt" (New-BoringSkeleton) | Get-ModuleParameter
            $with = Import-ModelLowMemory "$samples/boring.pt" (New-BoringSkeleton) -RequiresGrad | Get-ModuleParameter

            @($without.Where({ $_.RequiresGrad })).Count | Should -Be 0
            @($with.Where({ $_.RequiresGrad })).Count | Should -Be 8
        }
    }

    It 'shows the module by what there is of it, and where it came from' {
        $text = Import-ModelLowMemory "$samples/boring.pt" | Out-String

        $text | Should -Match 'ParameterCount\s+: 272'
        $text | Should -Match 'Device\s+: cpu'
        $text | Should -Match 'LoadReport\s+: Mapped from'
        "$((Import-ModelLowMemory "$samples/boring.pt").LoadReport)" | Should -BeLike 'Mapped from *boring.pt'
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
