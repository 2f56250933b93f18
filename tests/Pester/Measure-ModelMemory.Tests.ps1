BeforeAll { . "$PSScriptRoot/Setup.ps1" }

Describe 'Measure-ModelMemory' {
    It 'says what each way to load would need' {
        $estimate = Measure-ModelMemory "$samples/boring.pt"

        $estimate.Path | Should -BeExactly ([IO.Path]::GetFullPath("$samples/boring.pt"))
        $estimate.TensorCount | Should -Be 8
        $estimate.ModelBytes | Should -Be 1088
        $estimate.BytesOnDisk | Should -Be ([IO.FileInfo]::new("$samples/boring.pt").Length)
        $estimate.LargestTensor.Key | Should -BeExactly 'stages.0.weight'
        $estimate.LargestTensor.ByteLength | Should -Be 400
        $estimate.Naive.PeakPrivateBytes | Should -BeGreaterThan $estimate.Resident.PeakPrivateBytes
        $estimate.Resident.PeakPrivateBytes | Should -BeGreaterThan $estimate.Mapped.PeakPrivateBytes
        $estimate.Mapped.Fits | Should -BeTrue
        $estimate.MemoryAvailable | Should -BeGreaterThan 0
        $estimate.AdvisedMode | Should -BeExactly 'Mapped'
        $estimate.Advice | Should -Not -BeNullOrEmpty
    }

    It 'agrees with what is loaded then' {
        $model = New-BoringSkeleton -DType Float64
        $estimate = Measure-ModelMemory "$samples/boring-training.pt" -Module $model
        $report = (Import-ModelLowMemory "$samples/boring-training.pt" $model).LoadReport

        $estimate.Prefix | Should -BeExactly $report.Prefix
        $estimate.TensorCount | Should -Be $report.TensorCount
        $estimate.ModelBytes | Should -Be $report.CopiedBytes
        $estimate.AdvisedMode | Should -BeExactly 'Resident'
    }

    It 'takes -DType and -KeepDType' {
        (Measure-ModelMemory "$samples/boring.pt" -DType bfloat16).ModelBytes | Should -Be 544
        (Measure-ModelMemory "$samples/boring.pt" -Module (New-BoringSkeleton -DType Float64) -KeepDType).ModelBytes | Should -Be 1088
        { Measure-ModelMemory "$samples/boring.pt" -DType float16 -KeepDType } | Should -Throw '*-KeepDType and -DType*'
    }

    It 'goes through a folder, one object or one error for each file' {
        foreach ($name in 'boring.pt', 'boring-training.pt') { [IO.File]::Copy("$samples/$name", "$TestDrive/$name") }
        [IO.File]::Copy("$fixtures/bad-random.pt", "$TestDrive/random.pt")

        $estimates = @(Measure-ModelMemory "$TestDrive/*.pt" -ErrorAction SilentlyContinue -ErrorVariable problems)

        $estimates.Count | Should -Be 2
        $problems.Count | Should -Be 1
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointFormatInvalid,*'
    }

    It 'refuses a module that does not fit, and what is no module' {
        $other = New-ModelSkeleton { [TorchSharp.torch+nn]::Linear(3, 3) }
        Measure-ModelMemory "$samples/boring.pt" -Module $other -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'ModelMismatch,*'
        { Measure-ModelMemory "$samples/boring.pt" -Module 'Linear' } | Should -Throw '*TorchSharp module is needed*'
    }

    It 'shows sizes with units' {
        $text = Measure-ModelMemory "$samples/boring.pt" | Out-String

        $text | Should -Match 'Model\s+: 8 tensors, 1\.1 KiB'
        $text | Should -Match 'AdvisedMode\s+: Mapped'
    }

    It 'measures one shard, with a module and without' {
        $rules = [ordered]@{ 'stages.*.weight' = 1; '*' = 'Replicate' }
        $shard = Measure-ModelMemory "$samples/boring.pt" -Shard 1/2 -ShardRule $rules
        $model = Import-ModelLowMemory "$samples/boring.pt" -Shard 1/2 -ShardRule $rules

        $shard.ModelBytes | Should -Be (1088 - 400)
        (Measure-ModelMemory "$samples/boring.pt" -Module $model -Shard 1/2 -ShardRule $rules).ModelBytes | Should -Be $shard.ModelBytes
    }

    It 'never loads libtorch without a module' {
        # A process of its own, since other tests here have loaded them.
        $null = Invoke-ChildScript @"
$importModule
`$estimates = @(Measure-ModelMemory '$samples/boring.pt', '$fixtures/sharded-safetensors' -DType bfloat16)
`$estimates += Measure-ModelMemory '$samples/boring.pt' -Shard 1/2 -ShardRule @{ '*' = 'Replicate' }
if (`$estimates.Count -ne 3) { exit 2 }
`$native = @([Diagnostics.Process]::GetCurrentProcess().Modules.Where({ `$_.ModuleName -like '*torch*' -and `$_.ModuleName -ne 'TorchSharp.dll' }))
if (`$native.Count -gt 0) { exit 3 }
exit 0
"@

        $LASTEXITCODE | Should -Be 0
    }
}
