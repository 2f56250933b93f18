BeforeAll { . "$PSScriptRoot/Setup.ps1" }

Describe 'New-ModelSkeleton' {
    Context 'from a script block' {
        It 'makes the module on meta' {
            $parameters = New-BoringSkeleton | Get-ModuleParameter

            $parameters.Count | Should -Be 8
            @($parameters.Device | Sort-Object -Unique) | Should -Be @('meta')
        }

        It 'names parts as the dictionary and the list do' {
            (New-BoringSkeleton | Get-ModuleParameter).Key | Should -Be (Get-CheckpointInfo "$samples/boring.pt").Key
        }

        It 'takes a module as it is' {
            $module = New-ModelSkeleton { [TorchSharp.torch+nn]::Embedding(1000, 16) }

            ($module | Get-ModuleParameter).Key | Should -Be 'weight'
            ($module | Get-ModuleParameter).Device | Should -Be 'meta'
        }

        It 'costs no memory for the values' {
            $before = [LowMem.Loader.Memory.ProcessMemory]::GetPrivateBytes()
            $module = New-ModelSkeleton { [TorchSharp.torch+nn]::Linear(32768, 32768) }
            $grown = [LowMem.Loader.Memory.ProcessMemory]::GetPrivateBytes() - $before

            ($module | Get-ModuleParameter)[0].ByteLength | Should -Be 4GB
            $grown | Should -BeLessThan 64MB
        }

        It 'restores the default device, after an error too' {
            { New-ModelSkeleton { throw 'inside' } } | Should -Throw '*inside*'
            $null = New-BoringSkeleton

            [TorchSharp.torch]::zeros([long[]]@(1)).device.ToString() | Should -BeExactly 'cpu'
        }

        It 'refuses what is no module' {
            New-ModelSkeleton { 42 } -ErrorAction SilentlyContinue -ErrorVariable problems
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'SkeletonInvalid,*'
        }
    }

    Context 'from a checkpoint' {
        It 'takes over names, shapes and types' {
            $module = New-ModelSkeleton -Checkpoint "$samples/boring.pt"
            $listed = Get-CheckpointInfo "$samples/boring.pt"
            $parameters = $module | Get-ModuleParameter

            $parameters.Key | Should -Be $listed.Key
            $parameters[0].Shape | Should -Be $listed[0].Shape
            $parameters[0].DType | Should -BeExactly $listed[0].DType
            @($parameters.Device | Sort-Object -Unique) | Should -Be @('meta')
        }

        It 'finds the sub-dictionary that holds the weights, or takes -Prefix' {
            $found = New-ModelSkeleton -Checkpoint "$samples/boring-training.pt" | Get-ModuleParameter
            $named = New-ModelSkeleton -Checkpoint "$samples/boring-training.pt" -Prefix model_state_dict | Get-ModuleParameter

            $found.Key | Should -Contain 'in_proj.weight'
            $named.Key | Should -Be $found.Key
        }

        It 'takes a sharded checkpoint by its directory' {
            @(New-ModelSkeleton -Checkpoint "$fixtures/sharded-bin" | Get-ModuleParameter).Count | Should -BeGreaterThan 0
        }

        It 'reports a file that is not there' {
            New-ModelSkeleton -Checkpoint "$TestDrive/none.pt" -ErrorAction SilentlyContinue -ErrorVariable problems
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointNotFound,*'
        }
    }

    Context 'from an assembly' {
        It 'makes a type by its name' {
            $module = New-ModelSkeleton -AssemblyPath "$root/out/LowMem/LowMem.Loader.dll" -TypeName ModuleContainer

            $module.GetType().FullName | Should -BeExactly 'LowMem.Loader.Skeletons.ModuleContainer'
        }

        It 'says which arguments a constructor takes when those given do not fit' {
            New-ModelSkeleton -AssemblyPath "$root/out/LowMem/LowMem.Loader.dll" -TypeName ModuleContainer -ArgumentList 3 -ErrorAction SilentlyContinue -ErrorVariable problems
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'SkeletonInvalid,*'
        }

        It 'reports <Case>' -ForEach @(
            @{ Case = 'an assembly that is not there'; Assembly = 'none.dll'; Type = 'Linear' }
            @{ Case = 'a type that is not there'; Assembly = 'TorchSharp.dll'; Type = 'Linaer' }
            @{ Case = 'a file that is no assembly'; Assembly = 'LowMem.psd1'; Type = 'Linear' }) {
            New-ModelSkeleton -AssemblyPath "$root/out/LowMem/$Assembly" -TypeName $Type -ErrorAction SilentlyContinue -ErrorVariable problems

            $problems.Count | Should -Be 1
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'SkeletonInvalid,*'
        }
    }
}
