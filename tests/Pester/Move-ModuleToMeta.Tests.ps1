BeforeAll { . "$PSScriptRoot/Setup.ps1" }

Describe 'Move-ModuleToMeta' {
    It 'frees the values and keeps the shapes' {
        $module = Import-ModelLowMemory "$samples/boring.pt" (New-BoringSkeleton)
        $before = $module | Get-ModuleParameter

        $module | Move-ModuleToMeta

        $after = $module | Get-ModuleParameter
        @($after.Device | Sort-Object -Unique) | Should -Be @('meta')
        $after.Key | Should -Be $before.Key
        $after[0].Shape | Should -Be $before[0].Shape
    }

    It 'frees the memory of <Name>' -ForEach @(
        @{ Name = 'Linear'; Create = { [TorchSharp.torch+nn]::Linear(8192, 8192) } }
        @{ Name = 'Embedding, whose weights C++ holds'; Create = { [TorchSharp.torch+nn]::Embedding(8192, 8192) } }
        @{ Name = 'LSTM, whose weights C++ holds'; Create = { [TorchSharp.torch+nn]::LSTM(4096, 4096) } }) {
        $null = New-BoringSkeleton
        $module = & $Create
        $held = [LowMem.Loader.Memory.ProcessMemory]::GetPrivateBytes()

        Move-ModuleToMeta $module

        $held - [LowMem.Loader.Memory.ProcessMemory]::GetPrivateBytes() | Should -BeGreaterThan 192MB
    }

    It 'writes the module only with -PassThru' {
        $module = New-BoringSkeleton

        Move-ModuleToMeta $module | Should -BeNullOrEmpty
        [object]::ReferenceEquals((Move-ModuleToMeta $module -PassThru), $module) | Should -BeTrue
    }

    It 'changes nothing with -WhatIf' {
        $module = Import-ModelLowMemory "$samples/boring.pt"

        $module | Move-ModuleToMeta -WhatIf

        ($module | Get-ModuleParameter)[0].Device | Should -Be 'cpu'
    }

    It 'keeps ties' {
        $module = New-ModelSkeleton {
            $shared = [TorchSharp.torch+nn]::Linear(4, 4)
            [ordered]@{ first = $shared; second = $shared }
        }

        $module | Move-ModuleToMeta

        ($module | Get-ModuleParameter)[2].TiedTo | Should -BeExactly 'first.weight'
    }
}
