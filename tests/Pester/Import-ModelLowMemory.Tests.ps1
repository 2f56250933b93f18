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

        It 'says with -Verbose where they were found' {
            $found = @(Import-ModelLowMemory "$samples/boring-training.pt" -Verbose 4>&1) -join ' '
            $whole = @(Import-ModelLowMemory "$samples/boring.pt" -Verbose 4>&1) -join ' '

            $found | Should -Match "state dict was found under 'model_state_dict\.'"
            $whole | Should -Match 'nothing stands in front of its keys'
            $whole | Should -Match '8 tensors, 8 of them mapped and 0 copied'
        }

        It 'refuses a device that is not there' {
            Import-ModelLowMemory "$samples/boring.pt" -Device cuda -ErrorAction SilentlyContinue -ErrorVariable problems
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'DeviceUnavailable,*'
        }
    }

    Context 'keys of other names' {
        BeforeAll {
            # The article's model by other names.
            function New-RenamedSkeleton {
                New-ModelSkeleton {
                    $nn = [TorchSharp.torch+nn]
                    [ordered]@{ first = $nn::Linear(2, 10); blocks = @($nn::Linear(10, 10), $nn::Linear(10, 10)); last = $nn::Linear(10, 2) }
                }
            }
        }

        It 'takes an ordered dictionary of wildcards and regular expressions' {
            $module = Import-ModelLowMemory "$samples/boring.pt" (New-RenamedSkeleton) -KeyMap ([ordered]@{
                    'stages.*'        = 'blocks.*'
                    [regex] '_proj\.' = '.'
                    'in.*'            = 'first.*'
                    'out.*'           = 'last.*'
                })

            $module.LoadReport.RenamedCount | Should -Be 8
            Get-FloatValue $module 'blocks.1.weight' | Should -Be (Get-ExpectedValue 'stages.1.weight')
            Get-FloatValue $module 'last.bias' | Should -Be (Get-ExpectedValue 'out_proj.bias')
        }

        It 'takes a plain hashtable whose rules do not meet, and renames behind the prefix' {
            $map = @{ 'stages.*' = 'blocks.*'; 'in_proj.*' = 'first.*'; 'out_proj.*' = 'last.*' }
            $module = Import-ModelLowMemory "$samples/boring.pt" (New-RenamedSkeleton) -KeyMap $map
            $report = (Import-ModelLowMemory "$samples/boring-training.pt" (New-RenamedSkeleton) -KeyMap $map).LoadReport

            Get-FloatValue $module 'first.weight' | Should -Be (Get-ExpectedValue 'in_proj.weight')
            $report.Prefix | Should -BeExactly 'model_state_dict.'
            $report.RenamedCount | Should -Be 8
        }

        It 'takes a script block, and leaves out a key for which it gives nothing' {
            $module = Import-ModelLowMemory "$samples/boring.pt" (New-RenamedSkeleton) -AllowMissing -WarningAction SilentlyContinue -WarningVariable warnings -KeyMap {
                if ($_ -notlike '*.1.*') { $_ -replace '^in_proj', 'first' -replace '^out_proj', 'last' -replace '^stages', 'blocks' }
            }

            $module.LoadReport.LeftOutCount | Should -Be 2
            $module.LoadReport.MetaKeys | Should -Be @('blocks.1.weight', 'blocks.1.bias')
            "$warnings" | Should -BeLike 'Still on meta*blocks.1.weight, blocks.1.bias.'
            Get-FloatValue $module 'blocks.0.weight' | Should -Be (Get-ExpectedValue 'stages.0.weight')
        }

        It 'builds a module with the new names when there is none' {
            $module = Import-ModelLowMemory "$samples/boring.pt" -KeyMap @{ 'stages.*' = 'encoder.layers.*' }

            (Get-ModuleParameter $module -Key 'encoder.layers.*').Count | Should -Be 4
        }

        It 'refuses <Title> as KeyMapInvalid' -ForEach @(
            @{ Title = 'two keys that become one'; Map = @{ '*.weight' = 'same' }; Message = "*'in_proj.weight' and 'stages.0.weight' both become 'same'*" }
            @{ Title = 'two rules without order for one key'; Map = @{ 'in_proj.*' = 'a.*'; '*.weight' = 'b.*' }; Message = "*are for 'in_proj.weight'*" }
            @{ Title = 'more stars than the pattern has'; Map = @{ 'a.*' = '*.*' }; Message = "*has more '*" }
            @{ Title = 'a rule that is a number'; Map = @{ 1 = 'a' }; Message = "*has the key '1' (Int32)*" }
            @{ Title = 'a script block that throws'; Map = { throw 'no idea' }; Message = "*fails for 'in_proj.weight': no idea*" }
            @{ Title = 'a script block that gives two'; Map = { 'a', 'b' }; Message = "*gives 2 values for 'in_proj.weight'*" }) {
            $module = New-BoringSkeleton
            Import-ModelLowMemory "$samples/boring.pt" $module -KeyMap $Map -ErrorAction SilentlyContinue -ErrorVariable problems

            $problems.Count | Should -Be 1
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'KeyMapInvalid,*'
            $problems[0].Exception.Message | Should -BeLike $Message
            ($module | Get-ModuleParameter)[0].Device | Should -Be 'meta'
        }

        It 'refuses what is no map' {
            { Import-ModelLowMemory "$samples/boring.pt" -KeyMap 42 } | Should -Throw '*takes a dictionary of rules*'
        }
    }

    Context 'a part of the module' {
        It 'loads what -Include and -Exclude leave' {
            $module = New-BoringSkeleton
            $report = (Import-ModelLowMemory "$samples/boring.pt" $module -Include 'stages.*', in_proj.bias -Exclude '*.1.*' -WarningAction SilentlyContinue).LoadReport

            $report.TensorCount | Should -Be 3
            $report.MissingKeys.Count | Should -Be 0
            @(($module | Get-ModuleParameter).Where({ $_.Device -eq 'cpu' }).Key) | Should -Be @('in_proj.bias', 'stages.0.weight', 'stages.0.bias')
        }

        It 'refuses a name in -Include that the module lacks' {
            Import-ModelLowMemory "$samples/boring.pt" (New-BoringSkeleton) -Include in_proj.bais -ErrorAction SilentlyContinue -ErrorVariable problems

            $problems[0].FullyQualifiedErrorId | Should -BeLike 'ModelMismatch,*'
            $problems[0].Exception.Message | Should -BeLike "*no 'in_proj.bais'*"
        }
    }

    Context 'what may not fit' {
        BeforeAll {
            function New-UnfitSkeleton {
                New-ModelSkeleton {
                    $nn = [TorchSharp.torch+nn]
                    [ordered]@{ in_proj = $nn::Linear(2, 10); stages = @($nn::Linear(10, 10)); out_proj = $nn::Linear(10, 3); head = $nn::Linear(1, 1) }
                }
            }
        }

        It 'is reported when it is allowed, and stays as it was' {
            $report = (Import-ModelLowMemory "$samples/boring.pt" (New-UnfitSkeleton) -AllowMissing -AllowUnexpected -AllowShapeMismatch -WarningAction SilentlyContinue -WarningVariable warnings).LoadReport

            $report.MissingKeys | Should -Be @('head.weight', 'head.bias')
            $report.UnexpectedKeys | Should -Be @('stages.1.weight', 'stages.1.bias')
            $report.ShapeMismatchKeys | Should -Be @('out_proj.weight', 'out_proj.bias')
            $report.MetaKeys | Should -Be @('out_proj.weight', 'out_proj.bias', 'head.weight', 'head.bias')
            "$warnings" | Should -BeLike 'Still on meta, without values: out_proj.weight, out_proj.bias, head.weight, head.bias.'
        }

        It 'is an error where it is not (<Allowed>)' -ForEach @(
            @{ Allowed = 'AllowMissing' }, @{ Allowed = 'AllowUnexpected' }, @{ Allowed = 'AllowShapeMismatch' }) {
            $allow = @{ $Allowed = $true }
            Import-ModelLowMemory "$samples/boring.pt" (New-UnfitSkeleton) @allow -ErrorAction SilentlyContinue -ErrorVariable problems

            $problems[0].FullyQualifiedErrorId | Should -BeLike 'ModelMismatch,*'
            $message = $problems[0].Exception.Message
            ($message -like '*head.weight is missing*') | Should -Be ($Allowed -ne 'AllowMissing')
            ($message -like '*stages.1.weight is unexpected*') | Should -Be ($Allowed -ne 'AllowUnexpected')
            ($message -like '*out_proj.weight: the module has*') | Should -Be ($Allowed -ne 'AllowShapeMismatch')
        }
    }

    Context 'Ctrl+C' {
        It 'ends a load within seconds and leaves the module as it was' {
            # Four gibibytes of zeros, most of them holes, and a cast on the way: a load that cannot end before it is stopped.
            $tensors = 0..3
            $header = '{' + (($tensors | ForEach-Object {
                        '"w{0}":{{"dtype":"F32","shape":[268435456],"data_offsets":[{1},{2}]}}' -f $_, ($_ * 1GB), (($_ + 1) * 1GB)
                    }) -join ',') + '}'
            $header = $header.PadRight([int] [Math]::Ceiling($header.Length / 8) * 8)
            $file = [IO.File]::Create("$TestDrive/large.safetensors")
            $file.Write([BitConverter]::GetBytes([long] $header.Length))
            $file.Write([Text.Encoding]::ASCII.GetBytes($header))
            $file.SetLength(8 + $header.Length + 4GB)
            $file.Dispose()
            $module = New-ModelSkeleton -Checkpoint "$TestDrive/large.safetensors"
            $before = [LowMem.Loader.Memory.ProcessMemory]::GetPrivateBytes()

            $runspace = [runspacefactory]::CreateRunspace([initialsessionstate]::CreateDefault2())
            $runspace.Open()
            $shell = [powershell]::Create()
            $shell.Runspace = $runspace
            $null = $shell.AddScript('param($Manifest, $Path, $Module) Import-Module $Manifest; Import-ModelLowMemory $Path $Module -Resident -DType float64').
                AddArgument("$root/out/LowMem/LowMem.psd1").AddArgument("$TestDrive/large.safetensors").AddArgument($module)
            try {
                $running = $shell.BeginInvoke()
                while (-not $running.IsCompleted -and [LowMem.Loader.Memory.ProcessMemory]::GetPrivateBytes() -lt $before + 256MB) {
                    [Threading.Thread]::Sleep(5)
                }
                $watch = [Diagnostics.Stopwatch]::StartNew()
                $shell.Stop()
                $watch.Stop()
                $shell.InvocationStateInfo.State | Should -Be 'Stopped'
            }
            finally {
                $shell.Dispose()
                $runspace.Dispose()
                # Other tests here measure memory too.
                [GC]::Collect()
            }

            # Within a second on a machine that does nothing else.
            $watch.Elapsed.TotalSeconds | Should -BeLessThan 10
            @(($module | Get-ModuleParameter).Device | Sort-Object -Unique) | Should -Be @('meta')
            [LowMem.Loader.Memory.ProcessMemory]::GetPrivateBytes() | Should -BeLessThan ($before + 256MB)
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

        $text | Should -Match 'ParameterCount\s+: 272'
        $text | Should -Match 'Device\s+: cpu'
        $text | Should -Match 'LoadReport\s+: Mapped from'
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
