BeforeAll { . "$PSScriptRoot/Setup.ps1" }

Describe 'Get-CheckpointInfo' {
    Context 'listing tensors' {
        It 'lists every tensor of the sample with its type, shape and place' {
            $tensors = @(Get-CheckpointInfo "$samples/boring.pt")

            $tensors.Key | Should -Be @(
                'in_proj.weight', 'in_proj.bias', 'stages.0.weight', 'stages.0.bias',
                'stages.1.weight', 'stages.1.bias', 'out_proj.weight', 'out_proj.bias')
            $weight = $tensors[0]
            $weight.DType | Should -BeExactly 'float32'
            $weight.Shape | Should -Be @(10, 2)
            $weight.Stride | Should -Be @(2, 1)
            $weight.ElementCount | Should -Be 20
            $weight.ByteLength | Should -Be 80
            $weight.IsContiguous | Should -BeTrue
            $weight.Format | Should -BeExactly 'pytorch-zip'
            $weight.Path | Should -BeExactly ([IO.Path]::GetFullPath("$samples/boring.pt"))
            ($weight.Offset % 64) | Should -Be 0
        }

        It 'gives sizes as 64-bit integers of bytes' {
            $tensor = @(Get-CheckpointInfo "$samples/boring.pt")[0]

            $tensor.ByteLength | Should -BeOfType [long]
            $tensor.Offset | Should -BeOfType [long]
            $tensor.Shape.GetType() | Should -Be ([long[]])
        }

        It 'joins the keys of nested containers by dots' {
            $keys = (Get-CheckpointInfo "$samples/boring-training.pt").Key

            $keys | Should -Contain 'model_state_dict.in_proj.weight'
            $keys | Should -Contain 'optimizer_state_dict.state.0.exp_avg'
        }

        It 'shows a table of DType, Shape, Size and Key' {
            $text = Get-CheckpointInfo "$samples/boring.pt" -Key in_proj.weight | Out-String

            $text | Should -Match 'DType\s+Shape\s+Size Key'
            $text | Should -Match 'float32\s+\[10, 2\]\s+80 B in_proj\.weight'
        }

        It 'reads <_> by its content' -ForEach @(
            'dtypes.pt', 'dtypes-safetensors.safetensors', 'sharded-bin', 'sharded-safetensors', 'protocol-5.pt',
            'sharded-safetensors/model.safetensors.index.json') {
            @(Get-CheckpointInfo "$fixtures/$_").Count | Should -BeGreaterThan 0
        }

        It 'does not go by the extension' {
            [IO.File]::Copy("$samples/boring.pt", "$TestDrive/weights.safetensors")

            @(Get-CheckpointInfo "$TestDrive/weights.safetensors")[0].Format | Should -BeExactly 'pytorch-zip'
        }

        It 'names the shard that holds the bytes, and the path that was asked for' {
            $tensors = @(Get-CheckpointInfo "$fixtures/sharded-safetensors")

            $tensors[0].Checkpoint | Should -BeExactly ([IO.Path]::GetFullPath("$fixtures/sharded-safetensors"))
            $tensors[0].Path | Should -Match '\.safetensors$'
        }
    }

    Context 'hostile names' {
        It 'shows nothing that a terminal would obey, and keeps the key as it is' {
            $key = "a$([char] 27)[31mb"
            $header = "{`"a\u001b[31mb`":{`"dtype`":`"U8`",`"shape`":[1],`"data_offsets`":[0,1]}}"
            $bytes = [BitConverter]::GetBytes([long] $header.Length) + [Text.Encoding]::ASCII.GetBytes($header) + [byte[]] @(7)
            [IO.File]::WriteAllBytes("$TestDrive/hostile.safetensors", $bytes)

            $tensor = Get-CheckpointInfo "$TestDrive/hostile.safetensors"

            $tensor.Key | Should -BeExactly $key
            ($tensor | Out-String).Contains('a?[31mb') | Should -BeTrue
        }
    }

    Context '-Key' {
        It 'takes wildcards' {
            (Get-CheckpointInfo "$samples/boring.pt" -Key '*.bias').Key |
                Should -Be @('in_proj.bias', 'stages.0.bias', 'stages.1.bias', 'out_proj.bias')
        }

        It 'takes several, without regard to case' {
            (Get-CheckpointInfo "$samples/boring.pt" -Key 'IN_PROJ.bias', 'out*weight').Key |
                Should -Be @('in_proj.bias', 'out_proj.weight')
        }

        It 'gives nothing and no error for a wildcard without a match' {
            @(Get-CheckpointInfo "$samples/boring.pt" -Key 'nothing*').Count | Should -Be 0
        }

        It 'gives an error for a name that is not there, and what is there' {
            $tensors = @(Get-CheckpointInfo "$samples/boring.pt" -Key 'nothing', 'in_proj.bias' -ErrorAction SilentlyContinue -ErrorVariable problems)

            $tensors.Count | Should -Be 1
            $problems.Count | Should -Be 1
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointKeyNotFound,*'
        }
    }

    Context '-Summary' {
        It 'gives one object for each checkpoint' {
            $summary = @(Get-CheckpointInfo "$samples/boring-training.pt" -Summary)

            $summary.Count | Should -Be 1
            $summary[0].Format | Should -BeExactly 'pytorch-zip'
            $summary[0].FormatVersion | Should -BeExactly '3'
            $summary[0].TensorCount | Should -Be 32
            $summary[0].DTypes['float32'] | Should -Be 32
            $summary[0].FileLength | Should -Be ([IO.FileInfo]::new("$samples/boring-training.pt").Length)
            $summary[0].Values['epoch'] | Should -Be 2
            $summary[0].UnsafeGlobals.Count | Should -Be 0
            $summary[0].Globals | Should -Contain 'torch._utils._rebuild_tensor_v2'
        }

        It 'gives lists that can be indexed' {
            $summary = Get-CheckpointInfo "$samples/boring.pt" -Summary

            $summary.Globals[0] | Should -BeExactly 'collections.OrderedDict'
            $summary.Globals[-1] | Should -BeExactly 'torch._utils._rebuild_tensor_v2'
        }

        It 'counts the bytes of a shared storage once' {
            $summary = Get-CheckpointInfo "$fixtures/shared-storages.pt" -Summary
            $tensors = Get-CheckpointInfo "$fixtures/shared-storages.pt"
            $storages = @{}
            foreach ($tensor in $tensors) { $storages[$tensor.StorageKey] = $tensor.GetStorageByteLength() }
            $bytes = 0
            foreach ($length in $storages.Values) { $bytes += $length }

            $storages.Count | Should -BeLessThan $tensors.Count
            $summary.TensorCount | Should -Be $tensors.Count
            $summary.ByteLength | Should -Be $bytes
        }

        It 'counts the shards' {
            (Get-CheckpointInfo "$fixtures/sharded-bin" -Summary).ShardCount | Should -Be 3
        }

        It 'shows a list with units' {
            Get-CheckpointInfo "$samples/boring.pt" -Summary | Out-String | Should -Match '(?m)^Size\s+: 1\.1 KiB'
        }

        It 'survives ConvertTo-Json' {
            $json = Get-CheckpointInfo "$samples/boring-training.pt" -Summary | ConvertTo-Json | ConvertFrom-Json

            $json.TensorCount | Should -Be 32
            $json.Values.epoch | Should -Be 2
        }

        It 'survives remoting' {
            $summary = Get-CheckpointInfo "$samples/boring-training.pt" -Summary
            $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($summary))

            $copy.TensorCount | Should -Be 32
            $copy.Values['epoch'] | Should -Be 2
            $copy.Globals | Should -Be $summary.Globals
        }
    }

    Context 'paths' {
        It 'expands wildcards of -Path' {
            @(Get-CheckpointInfo "$samples/boring*.pt" -Summary).Count | Should -Be 2
        }

        It 'takes -LiteralPath as it is' {
            [IO.File]::Copy("$samples/boring.pt", "$TestDrive/a[1].pt")

            @(Get-CheckpointInfo -LiteralPath "$TestDrive/a[1].pt").Count | Should -Be 8
            @(Get-CheckpointInfo -Path "$TestDrive/a[1].pt" -ErrorAction SilentlyContinue -ErrorVariable problems).Count | Should -Be 0
            $problems[0].Exception.Message | Should -BeLike '*There is one of this very name: use -LiteralPath.'
        }

        It 'says that no file matches a pattern, and goes on' {
            $listed = @(Get-CheckpointInfo "$samples/none-*.pt", "$samples/boring.pt" -Summary -ErrorAction SilentlyContinue -ErrorVariable problems)

            $listed.Count | Should -Be 1
            $problems.Count | Should -Be 1
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointNotFound,*'
            $problems[0].Exception.Message | Should -BeLike '*none-`*.pt: no file matches this pattern.'
        }

        It 'names a path that is not there in full' {
            Get-CheckpointInfo 'none.pt' -ErrorAction SilentlyContinue -ErrorVariable problems

            $full = [IO.Path]::Combine($PWD.ProviderPath, 'none.pt')
            $problems[0].TargetObject | Should -BeExactly $full
            $problems[0].Exception.Message | Should -BeExactly "${full}: there is no such file or directory."
        }

        It 'takes paths from the pipeline, and files by their property' {
            $files = "$samples/boring.pt", "$samples/boring-training.pt"

            @($files | Get-CheckpointInfo -Summary).Count | Should -Be 2
            @([IO.FileInfo]::new("$samples/boring.pt") | Get-CheckpointInfo -Summary).Count | Should -Be 1
            @([pscustomobject]@{ Path = "$samples/boring.pt" } | Get-CheckpointInfo -Summary).Count | Should -Be 1
            @([pscustomobject]@{ PSPath = "$samples/boring.pt" } | Get-CheckpointInfo -Summary).Count | Should -Be 1
        }

        It 'gives nothing for an empty pipeline' {
            @(@() | Get-CheckpointInfo).Count | Should -Be 0
        }

        It 'refuses a path that is no file' {
            Get-CheckpointInfo 'env:PATH' -ErrorAction SilentlyContinue -ErrorVariable problems
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'PathNotFileSystem,*'
        }
    }

    Context 'bad input' {
        It 'reports <Name> as <Id> and goes on with the next file' -ForEach @(
            @{ Name = 'not-there.pt'; Id = 'CheckpointNotFound'; Part = 'no such file' }
            @{ Name = 'generator'; Id = 'CheckpointNotFound'; Part = 'holds no checkpoint' }
            @{ Name = 'bad-empty.pt'; Id = 'CheckpointFormatInvalid'; Part = 'empty' }
            @{ Name = 'bad-random.pt'; Id = 'CheckpointFormatInvalid'; Part = 'no checkpoint of a known format' }
            @{ Name = 'bad-not-a-checkpoint.zip'; Id = 'CheckpointFormatInvalid'; Part = 'data.pkl' }
            @{ Name = 'bad-truncated-zip.pt'; Id = 'CheckpointTruncated'; Part = 'no central directory' }
            @{ Name = 'bad-data-cut.safetensors'; Id = 'CheckpointTruncated'; Part = 'truncated: ' }
            @{ Name = 'bad-header-longer-than-file.safetensors'; Id = 'CheckpointTruncated'; Part = 'truncated: ' }
            @{ Name = 'bad-header-longer-than-limit.safetensors'; Id = 'CheckpointFormatInvalid'; Part = 'more than the 100000000' }
            @{ Name = 'bad-overlap.safetensors'; Id = 'CheckpointFormatInvalid'; Part = 'should be the start' }
            @{ Name = 'bad-shape-not-bytes.safetensors'; Id = 'CheckpointFormatInvalid'; Part = 'needs' }
            @{ Name = 'bad-duplicate-keys.safetensors'; Id = 'CheckpointFormatInvalid'; Part = 'twice' }
            @{ Name = 'bad-pickle-cut.pt'; Id = 'CheckpointFormatInvalid'; Part = 'data.pkl' }) {
            $listed = @("$fixtures/$Name", "$samples/boring.pt" |
                    Get-CheckpointInfo -Summary -ErrorAction SilentlyContinue -ErrorVariable problems)

            $listed.Count | Should -Be 1
            $listed[0].TensorCount | Should -Be 8
            $problems.Count | Should -Be 1
            $problems[0].FullyQualifiedErrorId | Should -BeLike "$Id,*"
            $problems[0].Exception.Message | Should -BeLike "*$Part*"
            $problems[0].TargetObject | Should -BeLike "*$Name"
        }

        It 'lists the sound tensors of a file with a broken one, and then says what is wrong' {
            $tensors = @(Get-CheckpointInfo "$fixtures/bad-storage-missing.pt" -ErrorAction SilentlyContinue -ErrorVariable problems)

            $tensors.Count | Should -BeGreaterThan 0
            $problems.Count | Should -Be 1
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointFormatInvalid,*'
            @($tensors.Where({ $_.UnreadableReason })).Count | Should -Be 1
        }

        It 'warns of a pickle that names os.system, lists it, and names the global' {
            $tensors = @(Get-CheckpointInfo "$fixtures/unsafe_os_system.pt" -WarningAction SilentlyContinue -WarningVariable warnings)
            $summary = Get-CheckpointInfo "$fixtures/unsafe_os_system.pt" -Summary -WarningAction SilentlyContinue

            $tensors.Count | Should -BeGreaterThan 0
            $warnings.Count | Should -Be 1
            "$warnings" | Should -BeLike '*os.system*'
            $summary.UnsafeGlobals | Should -Be @('os.system')
        }
    }

    It 'never loads libtorch, nor what only signatures need' {
        # A process of its own, since other tests here have loaded them.
        $probe = @"
$importModule
`$null = Get-CheckpointInfo '$samples/boring.pt'
`$null = Get-CheckpointInfo '$fixtures/sharded-safetensors' -Summary
`$managed = @([AppDomain]::CurrentDomain.GetAssemblies().Where({ `$_.GetName().Name -match 'Blake|\.Pkcs$' }))
`$native = @([Diagnostics.Process]::GetCurrentProcess().Modules.Where({ `$_.ModuleName -like '*torch*' -and `$_.ModuleName -ne 'TorchSharp.dll' }))
if (`$managed.Count + `$native.Count -gt 0) { exit 3 }
exit 0
"@
        $null = Invoke-ChildScript $probe

        $LASTEXITCODE | Should -Be 0
    }
}
