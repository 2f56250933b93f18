BeforeAll { . "$PSScriptRoot/Setup.ps1" }

Describe 'Export-ModelCheckpoint' {
    BeforeAll { $model = Import-ModelLowMemory "$samples/boring.pt" (New-BoringSkeleton) }

    It 'writes the bytes that PyTorch wrote for the same model' {
        Export-ModelCheckpoint $model "$TestDrive/boring.pt" | Should -BeNullOrEmpty

        (Get-FileHash "$TestDrive/boring.pt").Hash | Should -Be (Get-FileHash "$samples/boring.pt").Hash
    }

    It 'writes safetensors with the same keys and values' {
        $report = $model | Export-ModelCheckpoint -Path "$TestDrive/m.safetensors" -Verify -PassThru

        $report.Path | Should -Be "$TestDrive/m.safetensors"
        $report.TensorCount | Should -Be 8
        $report.Verified | Should -BeTrue
        $written = Get-CheckpointTensor "$TestDrive/m.safetensors" -Hash | Sort-Object Key
        $read = Get-CheckpointTensor "$samples/boring.pt" -Hash | Sort-Object Key
        $written.Key | Should -Be $read.Key
        $written.Hash | Should -Be $read.Hash
    }

    It 'casts, and writes shards with an index' {
        $report = Export-ModelCheckpoint $model "$TestDrive/sharded/" -DType bfloat16 -MaxShardSize 100 -PassThru

        $report.CastCount | Should -Be 8
        $report.Path | Should -Be "$TestDrive/sharded/model.safetensors.index.json"
        (Get-CheckpointInfo "$TestDrive/sharded" -Summary).DTypes.bfloat16 | Should -Be 8
        (Test-Checkpoint "$TestDrive/sharded" -Level Values).Passed | Should -BeTrue
    }

    It 'keeps what is there without -Force' {
        Set-Content "$TestDrive/there.pt" 'mine'

        { Export-ModelCheckpoint $model "$TestDrive/there.pt" -ErrorAction Stop } |
            Should -Throw -ErrorId 'OutputExists,LowMem.PowerShell.Commands.ExportModelCheckpointCommand'

        Get-Content "$TestDrive/there.pt" | Should -Be 'mine'
    }

    It 'saves a mapped model over its own file after a step of training' {
        Copy-Item "$samples/boring.pt" "$TestDrive/own.pt"
        $mapped = Import-ModelLowMemory "$TestDrive/own.pt" (New-BoringSkeleton)
        $guard = [TorchSharp.torch]::no_grad()
        $weight = ($mapped.named_parameters() | Where-Object Item1 -EQ 'in_proj.weight').Item2
        $null = $weight.mul_([TorchSharp.Scalar] 2.0)
        $guard.Dispose()

        Export-ModelCheckpoint $mapped "$TestDrive/own.pt" -Force

        $before = (Get-CheckpointTensor "$samples/boring.pt" -Key in_proj.weight).Maximum
        (Get-CheckpointTensor "$TestDrive/own.pt" -Key in_proj.weight).Maximum | Should -Be (2 * $before)
        (Get-FloatValue $mapped in_proj.weight | Measure-Object -Maximum).Maximum | Should -Be (2 * $before)
    }

    It 'says with -WhatIf what would be written' {
        $said = Invoke-ChildScript "$importModule; Import-ModelLowMemory '$samples/boring.pt' | Export-ModelCheckpoint -Path '$TestDrive/what.pt' -WhatIf"

        $said -join '' | Should -BeLike '*to PyTorch: 8 tensors (none cast), * in 1 file: what.pt (*'
        "$TestDrive/what.pt" | Should -Not -Exist
    }

    It 'names the entries that have no values' {
        { Export-ModelCheckpoint (New-BoringSkeleton) "$TestDrive/meta.pt" -ErrorAction Stop } |
            Should -Throw '8 entries of the state dict (in_proj.weight*' -ErrorId 'ModuleValuesMissing,LowMem.PowerShell.Commands.ExportModelCheckpointCommand'

        "$TestDrive/meta.pt" | Should -Not -Exist
    }
}
