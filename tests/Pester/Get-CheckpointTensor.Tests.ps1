BeforeAll { . "$PSScriptRoot/Setup.ps1" }

Describe 'Get-CheckpointTensor' {
    Context 'figures' {
        It 'gives one object for each tensor, in order' {
            $all = @(Get-CheckpointTensor "$samples/boring.pt")

            $all.Key | Should -Be (Get-CheckpointInfo "$samples/boring.pt").Key
            $values = Get-ExpectedValue in_proj.weight
            $all[0] | Should -BeOfType [LowMem.Checkpoints.Values.Statistics.TensorStatistics]
            $all[0].DType | Should -BeExactly 'float32'
            $all[0].Shape | Should -Be @(10, 2)
            $all[0].Minimum | Should -Be ($values | Measure-Object -Minimum).Minimum
            $all[0].Maximum | Should -Be ($values | Measure-Object -Maximum).Maximum
            [Math]::Abs($all[0].Mean - ($values | Measure-Object -Average).Average) | Should -BeLessThan 1e-12
            $all[0].NaNCount | Should -Be 0
            $all[0].NaNCount | Should -BeOfType [long]
            $all[0].Hash | Should -BeNullOrEmpty
            $all[0].First | Should -BeNullOrEmpty
            $all[0].Percentiles.Keys | Should -Be @('1', '5', '25', '50', '75', '95', '99')
            $all[0].Checkpoint | Should -BeExactly ([IO.Path]::GetFullPath("$samples/boring.pt"))
        }

        It 'counts what is not finite, and is exact for integers' {
            $all = @(Get-CheckpointTensor "$fixtures/dtypes.pt" -Key float32, int64)

            $all[0].NaNCount, $all[0].InfinityCount, $all[0].ZeroCount | Should -Be @(1, 2, 2)
            $all[1].Minimum | Should -BeExactly ([long]::MinValue)
            $all[1].Maximum | Should -BeExactly ([long]::MaxValue)
        }

        It 'gives the percentiles that are asked for, each once' {
            $figures = Get-CheckpointTensor "$samples/boring.pt" -Key in_proj.bias -Percentile 0, 100, 50, 50, 99.9

            $figures.Percentiles.Keys | Should -Be @('0', '100', '50', '99.9')
            $figures.Percentiles['0'] | Should -Be $figures.Minimum
            $figures.Percentiles['100'] | Should -Be $figures.Maximum
        }

        It 'refuses a percentile of <_>' -ForEach -1, 100.1, ([double]::NaN) {
            { Get-CheckpointTensor "$samples/boring.pt" -Percentile $_ } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
        }

        It 'has nothing to say of a tensor without elements' {
            $empty = @(Get-CheckpointTensor "$fixtures/empty-and-zero-dim.pt" | Where-Object ElementCount -EQ 0)

            $empty.Count | Should -BeGreaterThan 1
            $empty[0].Minimum | Should -BeNullOrEmpty
            $empty[0].Mean | Should -BeNullOrEmpty
            $empty[0].Percentiles.Count | Should -Be 0
        }

        It 'counts by bins when asked to' {
            $figures = Get-CheckpointTensor "$samples/boring.pt" -Key in_proj.weight -Histogram 4
            $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($figures))

            $figures.Histogram.Edges.Count | Should -Be 5
            $figures.Histogram.Edges[0], $figures.Histogram.Edges[-1] | Should -Be @($figures.Minimum, $figures.Maximum)
            ($figures.Histogram.Counts | Measure-Object -Sum).Sum | Should -Be 20
            @($copy.Histogram.Counts) | Should -Be $figures.Histogram.Counts
            $figures | Format-List | Out-String | Should -Match '(?m)^Histogram\s+: -0\.626\.\.0\.68: \d+, \d+, \d+, \d+'
            ($figures | ConvertTo-Json | ConvertFrom-Json).Histogram.Counts.Count | Should -Be 4
        }

        It 'hashes as a manifest does' {
            $null = New-CheckpointManifest "$samples/boring.pt" "$TestDrive/boring.json"
            $manifest = Get-Content "$TestDrive/boring.json" -Raw | ConvertFrom-Json
            $hashes = @{}
            foreach ($tensor in $manifest.tensors) { $hashes[$tensor.key] = $tensor.sha256 }

            foreach ($figures in Get-CheckpointTensor "$samples/boring.pt" -Hash) {
                $figures.Hash | Should -BeExactly $hashes[$figures.Key]
            }
        }
    }

    Context 'keys' {
        It 'takes wildcards' {
            (Get-CheckpointTensor "$samples/boring.pt" *.bias).Key | Should -Be @('in_proj.bias', 'stages.0.bias', 'stages.1.bias', 'out_proj.bias')
        }

        It 'gives an error for a name that is not there, and what is there' {
            $figures = @(Get-CheckpointTensor "$samples/boring.pt" -Key in_proj.bais, in_proj.bias -ErrorAction SilentlyContinue -ErrorVariable problems)

            $figures.Count | Should -Be 1
            $problems.Count | Should -Be 1
            $problems[0].FullyQualifiedErrorId | Should -BeExactly 'CheckpointKeyNotFound,LowMem.PowerShell.Commands.GetCheckpointTensorCommand'
            "$($problems[0])" | Should -BeLike "*Did you mean 'in_proj.bias'*"
        }

        It 'gives an error for what is no pattern' {
            Get-CheckpointTensor "$samples/boring.pt" -Key 'a[' -ErrorAction SilentlyContinue -ErrorVariable problems
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'WildcardInvalid,*'
        }

        It 'gives one error for each tensor without numbers, and goes on' {
            $figures = @(Get-CheckpointTensor "$fixtures/newer-sparse.pt", "$samples/boring.pt" -ErrorAction SilentlyContinue -ErrorVariable problems)

            $figures.Count | Should -BeGreaterOrEqual 8
            $problems.Count | Should -Be 4
            foreach ($problem in $problems) { $problem.FullyQualifiedErrorId | Should -BeLike 'CheckpointUnsupported,*' }
            "$($problems[0])" | Should -BeLike "*the values of 'coo' cannot be read as numbers*"
        }

        It 'looks at what a tensor is made of when that is named' {
            $values = Get-CheckpointTensor "$fixtures/newer-sparse.pt" -Key coo.values
            $values.Key | Should -BeExactly 'coo.values'
            $piped = (Get-CheckpointInfo "$fixtures/newer-sparse.pt" -Key coo).Components['values'] | Get-CheckpointTensor
            $piped.Maximum | Should -Be $values.Maximum
        }
    }

    Context 'the pipeline' {
        It 'looks at the tensors that come, in their order, with one opening of each checkpoint' {
            $tensors = @(Get-CheckpointInfo "$samples/boring.pt", "$samples/boring-training.pt" -Key *in_proj.bias, *out_proj.bias | Sort-Object Key -Descending)
            $figures = @($tensors + $tensors | Get-CheckpointTensor)

            $figures.Count | Should -Be $tensors.Count
            $own = [IO.Path]::GetFullPath("$samples/boring.pt")
            @($figures | Where-Object Checkpoint -EQ $own).Key | Should -Be @('out_proj.bias', 'in_proj.bias')
            @($figures.Checkpoint | Get-Unique).Count | Should -Be 2
        }

        It 'chooses among those that come by -Key' {
            (Get-CheckpointInfo "$samples/boring.pt" -Key in_proj.* | Get-CheckpointTensor -Key *.bias).Key | Should -Be 'in_proj.bias'
        }

        It 'takes rows of a CSV file, copies from a job, and its own figures' {
            $rows = Get-CheckpointInfo "$samples/boring.pt" -Key *.bias | ConvertTo-Csv | ConvertFrom-Csv
            @($rows | Get-CheckpointTensor).Count | Should -Be 4
            $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize(@(Get-CheckpointInfo "$samples/boring.pt")[1]))
            ($copy | Get-CheckpointTensor).Key | Should -Be 'in_proj.bias'
            (Get-CheckpointTensor "$samples/boring.pt" | Where-Object Maximum -GT 0.6 | Get-CheckpointTensor -First 1).Key | Should -Be 'in_proj.weight'
        }

        It 'takes files and paths' {
            @(Get-Item "$samples/boring.pt" | Get-CheckpointTensor).Count | Should -Be 8
            $paths = "$samples/boring.pt", "$fixtures/sharded-bin"
            @($paths | Get-CheckpointTensor).Key | Should -Be @($paths | Get-CheckpointInfo).Key
            @(Get-CheckpointTensor -LiteralPath "$samples/boring.pt").Count | Should -Be 8
        }

        It 'says which tensor is not there any more' {
            [IO.File]::Copy("$samples/boring.pt", "$TestDrive/model.pt", $true)
            $tensors = @(Get-CheckpointInfo "$TestDrive/model.pt" -Key in_proj.bias)
            [IO.File]::Copy("$samples/boring-training.pt", "$TestDrive/model.pt", $true)

            $tensors | Get-CheckpointTensor -ErrorAction SilentlyContinue -ErrorVariable problems
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointKeyNotFound,*'
        }

        It 'gives one error for a file that cannot be read, and goes on' {
            $figures = @("$TestDrive/nothing.pt", "$fixtures/bad-truncated-zip.pt", "$samples/boring.pt" |
                    Get-CheckpointTensor -ErrorAction SilentlyContinue -ErrorVariable problems)

            $figures.Count | Should -Be 8
            @($problems.FullyQualifiedErrorId -replace ',.*') | Should -Be @('CheckpointNotFound', 'CheckpointTruncated')
        }
    }

    Context '-First' {
        It 'gives the first values, and no more than there are' {
            $values = Get-ExpectedValue in_proj.weight
            $figures = Get-CheckpointTensor "$samples/boring.pt" -Key in_proj.weight -First 3

            $figures.First | Should -Be $values[0..2]
            $figures.First[0] | Should -BeOfType [double]
            @((Get-CheckpointTensor "$samples/boring.pt" -Key in_proj.weight -First 1000).First).Count | Should -Be 20
        }

        It 'gives <Type> of <Key>' -ForEach @(
            @{ Key = 'int8'; Type = [long] }, @{ Key = 'bool'; Type = [bool] }, @{ Key = 'bfloat16'; Type = [double] }
            @{ Key = 'complex64'; Type = [Numerics.Complex] }, @{ Key = 'int64'; Type = [long] }) {
            (Get-CheckpointTensor "$fixtures/dtypes.pt" -Key $Key -First 1).First[0] | Should -BeOfType $Type
        }
    }

    Context '-Slice' {
        It 'looks at the slice' {
            $values = Get-ExpectedValue in_proj.weight
            $figures = Get-CheckpointTensor "$samples/boring.pt" -Key in_proj.weight -Slice '2:8:3, -1' -First 10 -Hash

            $figures.Shape | Should -Be @(2)
            $figures.Slice | Should -BeExactly '2:8:3, -1'
            $figures.First | Should -Be @($values[5], $values[11])
            $bytes = [BitConverter]::GetBytes([float] $values[5]) + [BitConverter]::GetBytes([float] $values[11])
            $figures.Hash | Should -BeExactly ([Convert]::ToHexStringLower([Security.Cryptography.SHA256]::HashData([byte[]] $bytes)))
        }

        It 'is one error for each tensor that has no such slice' {
            $figures = @(Get-CheckpointTensor "$samples/boring.pt" -Slice ':, 1' -ErrorAction SilentlyContinue -ErrorVariable problems)

            $figures.Count | Should -Be 4
            $problems.Count | Should -Be 4
            $problems[0].FullyQualifiedErrorId | Should -BeExactly 'SliceInvalid,LowMem.PowerShell.Commands.GetCheckpointTensorCommand'
            "$($problems[0])" | Should -BeLike "*'in_proj.bias' of shape ``[10] has no slice ':, 1': it is for 2 dimensions, and the tensor has 1."
        }

        It 'ends with an error that says where it is wrong' {
            { Get-CheckpointTensor "$samples/boring.pt" -Slice '0:x' } | Should -Throw "*character 3*" -ErrorId 'SliceInvalid,*'
        }
    }

    Context '-AsArray' {
        It 'gives an array of the natural type and shape as one object' {
            $array = Get-CheckpointTensor "$samples/boring.pt" -Key in_proj.weight -AsArray
            $values = Get-ExpectedValue in_proj.weight

            $array.GetType() | Should -Be ([float[,]])
            $array.GetLength(0), $array.GetLength(1) | Should -Be @(10, 2)
            $array[3, 1] | Should -Be $values[7]
            $vectors = @(Get-CheckpointTensor "$samples/boring.pt" -Key *.bias -AsArray)
            $vectors.Count | Should -Be 4
            $vectors[0].GetType() | Should -Be ([float[]])
        }

        It 'gives <Type> of <Key>' -ForEach @(
            @{ Key = 'float64'; Type = [double[]] }, @{ Key = 'float16'; Type = [float[]] }, @{ Key = 'bfloat16'; Type = [float[]] }
            @{ Key = 'int64'; Type = [long[]] }, @{ Key = 'uint8'; Type = [byte[]] }, @{ Key = 'int8'; Type = [sbyte[]] }
            @{ Key = 'bool'; Type = [bool[]] }, @{ Key = 'complex128'; Type = [Numerics.Complex[]] }) {
            (Get-CheckpointTensor "$fixtures/dtypes.pt" -Key $Key -AsArray).GetType() | Should -Be $Type
        }

        It 'gives the value where no dimension is left' {
            Get-CheckpointTensor "$samples/boring.pt" -Key in_proj.weight -Slice '0, 0' -AsArray | Should -BeOfType [float]
        }

        It 'gives an empty array of no elements' {
            $array = Get-CheckpointTensor "$samples/boring.pt" -Key in_proj.weight -Slice '0:0' -AsArray
            , $array | Should -BeOfType ([float[,]])
            $array.Length | Should -Be 0
        }

        It 'does not go with -<_>' -ForEach 'Hash', 'First', 'Histogram', 'Percentile' {
            $more = @{ $_ = if ($_ -eq 'Hash') { $true } else { 1 } }
            { Get-CheckpointTensor "$samples/boring.pt" -AsArray @more } | Should -Throw -ErrorId 'ParametersExclusive,*'
        }
    }

    Context '-AsTensor' {
        It 'gives a tensor of TorchSharp, mapped until it is disposed of' {
            $tensor = Get-CheckpointTensor "$samples/boring.pt" -Key in_proj.weight -AsTensor

            $tensor | Should -BeOfType ([TorchSharp.torch+Tensor])
            $tensor.shape | Should -Be @(10, 2)
            $tensor.data[float]().ToArray() | Should -Be (Get-ExpectedValue in_proj.weight)
            $tensor.Dispose()
        }

        It 'gives one for each, and slices' {
            $all = @(Get-CheckpointInfo "$samples/boring.pt" | Get-CheckpointTensor -AsTensor -Slice '0')

            $all.Count | Should -Be 8
            $all[0].shape | Should -Be @(2)
            $all[1].item[float]() | Should -Be (Get-ExpectedValue in_proj.bias)[0]
            $all.ForEach({ $_.Dispose() })
        }

        It 'says what is no tensor, and goes on' {
            $all = @(Get-CheckpointTensor "$fixtures/quantized.pt", "$samples/boring.pt" -Key quint8.per_tensor, in_proj.bias -AsTensor -ErrorAction SilentlyContinue -ErrorVariable problems)

            $all.Count | Should -Be 1
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointUnsupported,*'
            $problems[0].Exception.Message | Should -BeLike '*-Dequantize*'
        }

        It 'does not go with -<_>' -ForEach 'Hash', 'First', 'AsArray' {
            $more = @{ $_ = if ($_ -eq 'First') { 1 } else { $true } }
            { Get-CheckpointTensor "$samples/boring.pt" -AsTensor @more } | Should -Throw -ErrorId 'ParametersExclusive,*'
        }
    }

    Context '-Dequantize' {
        BeforeAll { $plain = "$fixtures/scaled/plain/model.safetensors" }

        It 'names the scheme of codes, and looks at the codes unless it is asked' {
            $all = Get-CheckpointTensor $plain

            ($all | Where-Object Scheme).ForEach({ "$($_.Key) $($_.Scheme)" }) | Should -Be @(
                'block.weight fp8-block', 'tensor.weight fp8-tensor', 'channel.weight fp8-channel', 'experts.down_proj_blocks mxfp4',
                'packed.qweight unknown', 'odd.weight unknown')
            ($all | Where-Object Key -EQ block.weight).DType | Should -Be float8_e4m3fn
            (Get-CheckpointTensor "$fixtures/quantized.pt" -Key quint8.per_tensor).Scheme | Should -Be per_tensor_affine
        }

        It 'looks at the numbers, without the scales' {
            $all = @(Get-CheckpointTensor $plain -Dequantize -First 2 -ErrorAction SilentlyContinue -ErrorVariable problems)
            $expected = ([IO.File]::ReadAllText("$fixtures/scaled/expected.json") | ConvertFrom-Json).'plain/model.safetensors'

            $all.Key | Should -Be @('block.weight', 'tensor.weight', 'channel.weight', 'experts.down_proj', 'alone.weight', 'packed.scales', 'odd.weight_scale_inv')
            $all[3].DType, $all[3].Scheme | Should -Be @('float32', 'mxfp4')
            $all[3].Shape | Should -Be @(2, 3, 64)
            $problems.Count | Should -Be 2
            $problems.FullyQualifiedErrorId | Should -BeLike 'CheckpointUnsupported,*'
            (Get-CheckpointTensor $plain -Key experts.down_proj -Dequantize -Slice '-1, -1' -AsArray)[-3..-1] | Should -Be $expected.'experts.down_proj'.last
            (Get-CheckpointTensor $plain -Key tensor.weight_scale -Dequantize).ElementCount | Should -Be 1
            (Get-CheckpointTensor $plain -Key experts.down_proj -Dequantize -AsTensor).shape | Should -Be @(2, 3, 64)
        }
    }

    Context 'health' {
        BeforeAll {
            $ill = "$TestDrive/ill.safetensors"
            $header = [Text.Encoding]::UTF8.GetBytes('{"fc.weight":{"dtype":"F32","shape":[8,8],"data_offsets":[0,256]},"fc.bias":{"dtype":"F32","shape":[8],"data_offsets":[256,288]}}')
            $values = [float[]] (0..71).ForEach({ ($_ % 7) + 1 })
            $values[9] = 1e30
            16..23 | ForEach-Object { $values[$_] = 0 }
            $bytes = [byte[]]::new(288)
            [Buffer]::BlockCopy($values, 0, $bytes, 0, 288)
            [IO.File]::WriteAllBytes($ill, [BitConverter]::GetBytes([long] $header.Length) + $header + $bytes)
        }

        It 'names what is wrong with values' {
            $all = @(Get-CheckpointTensor $ill)

            $all[0].Health | Should -Be @('DeadRows', 'AbsurdValues')
            $all[1].Health.Count | Should -Be 0
            $all | Out-String -Width 80 | Should -Match '(?m) 0/0/8 fc\.weight  DeadRows, AbsurdValues\r?$'
            $all | Format-List | Out-String | Should -Match '(?m)^Health\s+: DeadRows, AbsurdValues'
            ($all | ConvertTo-Csv | ConvertFrom-Csv)[0].Health | Should -BeExactly 'DeadRows; AbsurdValues'
        }

        It 'warns of the same in a verdict' {
            $verdict = Test-Checkpoint $ill -Level Values

            $verdict.Passed | Should -BeTrue
            $verdict.Findings.Where({ $_.Severity -eq 'Warning' }).ForEach({ "$($_.Code) $($_.Key)" }) | Should -Be @('DeadRows fc.weight', 'AbsurdValues fc.weight')
        }
    }

    Context 'what leaves' {
        It 'survives JSON, with NaN and complex values' {
            $json = Get-CheckpointTensor "$samples/boring.pt" -Key in_proj.weight -First 2 | ConvertTo-Json | ConvertFrom-Json
            $json.Shape | Should -Be @(10, 2)
            $json.Percentiles.50 | Should -BeOfType [double]
            $json.First.Count | Should -Be 2
            @(Get-CheckpointTensor "$fixtures/dtypes.pt" -First 8 | ConvertTo-Json -Depth 4 | ConvertFrom-Json).Count | Should -Be 12
        }

        It 'survives CSV' {
            $row = Get-CheckpointTensor "$samples/boring.pt" -Key in_proj.weight -First 2 -Percentile 0, 100 | ConvertTo-Csv | ConvertFrom-Csv
            $row.Shape | Should -BeExactly '10x2'
            $row.Percentiles | Should -Match '^0=-0\.626\d+; 100=0\.68\d+$'
            $row.First | Should -Match '^0\.162\d+; -0\.168\d+$'
            $row.ZeroCount | Should -BeExactly '0'
        }

        It 'survives a job, and is shown in the same way then' {
            $figures = Get-CheckpointTensor "$fixtures/dtypes.pt" -Key float32 -First 2
            $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($figures, 1))

            $copy.NaNCount | Should -Be 1
            $copy | Out-String -Width 80 | Should -BeExactly ($figures | Out-String -Width 80)
            $copy | Format-List | Out-String -Width 80 | Should -BeExactly ($figures | Format-List | Out-String -Width 80)
        }

        It 'is a table in 80 columns, each number in one line' {
            $text = Get-CheckpointTensor "$fixtures/dtypes.pt" -Key float32, int64 | Out-String -Width 80

            $text | Should -Match '(?m)^ Minimum  Maximum     Mean  StdDev NaN/Inf/0 Key\r?$'
            $text | Should -Match '(?m)^\s+-2\.5\s+1\s+-0\.3\s+1\.166\s+1/2/2 float32\r?$'
            $text | Should -Match '(?m)^-9\.2e\+18\s+9\.22e\+18\s+0\s+6\.5e\+18\s+0/0/1 int64\r?$'
        }

        It 'is a list with all of it' {
            $text = Get-CheckpointTensor "$samples/boring.pt" -Key in_proj.weight -First 1 -Hash -Slice '0' | Format-List | Out-String -Width 80

            foreach ($label in 'Key', 'DType', 'Shape', 'Slice', 'ElementCount', 'Minimum', 'Maximum', 'Mean', 'StandardDeviation', 'L2Norm',
                'NaNCount', 'InfinityCount', 'ZeroCount', 'Percentiles', 'First', 'Hash', 'Path', 'Checkpoint') {
                $text | Should -Match "(?m)^$label\s+: \S"
            }
        }
    }

    It 'completes keys' {
        $line = "Get-CheckpointTensor '$samples/boring.pt' -Key in_p"
        [Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches.CompletionText |
            Should -Be @('in_proj.weight', 'in_proj.bias')
    }

    It 'works where the language is constrained, and never loads libtorch' {
        $output = Invoke-ChildScript @"
$importModule
`$null = Get-CheckpointInfo '$samples/boring.pt' | Get-CheckpointTensor -Hash
`$null = Get-CheckpointTensor '$samples/boring.pt' -AsArray
`$native = @([Diagnostics.Process]::GetCurrentProcess().Modules.Where({ `$_.ModuleName -like '*torch*' -and `$_.ModuleName -ne 'TorchSharp.dll' }))
`$native.Count
`$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'
Get-CheckpointTensor '$samples/boring.pt' | Out-String
"@

        $output[0] | Should -Be '0'
        ($output -join "`n") | Should -Match '0/0/0 in_proj\.weight'
    }
}
