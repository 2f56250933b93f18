BeforeAll { . "$PSScriptRoot/Setup.ps1" }

Describe 'From a checkpoint to a forward pass' {
    It 'walks as the README does, with the values and outputs of PyTorch' {
        $output = Invoke-ChildScript "& '$root/samples/Walkthrough.ps1'; exit 0"

        $LASTEXITCODE | Should -Be 0
        "$output" | Should -BeLike '*20 values, all equal*'
    }

    It 'loads, lets go and loads again, mapped and resident, with the same output' {
        $model = New-BoringSkeleton
        $inputs = [TorchSharp.torch]::ones([long[]] @(1, 2))
        $outputs = foreach ($resident in $false, $true, $false) {
            $null = Import-ModelLowMemory "$samples/boring.pt" $model -Resident:$resident
            $model.forward($inputs).data[float]().ToArray() -join ' '
            $model | Move-ModuleToMeta
        }

        @($outputs | Sort-Object -Unique).Count | Should -Be 1
        ($model | Get-ModuleParameter)[0].Device | Should -Be 'meta'
    }

    It 'pipes from listing to loading' {
        $models = @(Get-CheckpointInfo "$samples/boring*.pt" -Summary | Import-ModelLowMemory)

        $models.Count | Should -Be 2
        $models[0].LoadReport.TensorCount | Should -Be 8
        $models[1].LoadReport.TensorCount | Should -Be 8
    }

    It 'pipes from a checkpoint to a skeleton to its keys' {
        $keys = ([pscustomobject]@{ Path = "$samples/boring.pt" } | New-ModelSkeleton | Get-ModuleParameter).Key

        $keys.Count | Should -Be 8
    }

    It 'goes through a folder of good, broken and hostile files with one object or one error each' {
        foreach ($name in 'boring.pt', 'boring-training.pt') { [IO.File]::Copy("$samples/$name", "$TestDrive/$name") }
        foreach ($name in 'bad-empty.pt', 'bad-random.pt', 'bad-truncated-zip.pt', 'unsafe_os_system.pt') {
            [IO.File]::Copy("$fixtures/$name", "$TestDrive/$name")
        }

        $summaries = @(Get-CheckpointInfo "$TestDrive/*.pt" -Summary -ErrorAction SilentlyContinue -ErrorVariable problems -WarningAction SilentlyContinue)

        $summaries.Count | Should -Be 3
        @($summaries.Where({ $_.UnsafeGlobals.Count -gt 0 })).Count | Should -Be 1
        $problems.Count | Should -Be 3
        @($problems.Where({ $_.FullyQualifiedErrorId -notlike 'Checkpoint*' })).Count | Should -Be 0
    }
}
