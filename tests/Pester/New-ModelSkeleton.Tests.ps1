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

        It 'shows how many parameters there are, their size and device' {
            $module = New-BoringSkeleton

            $module.ParameterCount | Should -Be 272
            $module.ByteLength | Should -Be 1088
            $module | Out-String | Should -Match '(?s)ParameterCount\s+: 272.*Size\s+: 1\.1 KiB.*Device\s+: meta'
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

        It 'warns of much memory that a class took all the same, and has it back' {
            $before = [LowMem.Loader.Memory.ProcessMemory]::GetPrivateBytes()
            $module = New-ModelSkeleton { [TorchSharp.torch+nn]::Embedding(65536, 1024) } -WarningVariable warnings -WarningAction SilentlyContinue

            $warnings.Count | Should -Be 1
            $warnings[0].Message | Should -BeLike '256.0 MiB were taken*New-ModelSkeleton -Definition*'
            [LowMem.Loader.Memory.ProcessMemory]::GetPrivateBytes() - $before | Should -BeLessThan 64MB
            $module.ParameterCount | Should -Be 67108864
        }

        It 'takes such a part from -Definition inside the script block, which costs nothing' {
            $module = New-ModelSkeleton {
                [ordered]@{
                    embed = New-ModelSkeleton -Definition 'Embedding(1000000, 8192)'
                    head  = [TorchSharp.torch+nn]::Linear(8192, 1000000)
                }
            } -WarningVariable warnings

            $warnings.Count | Should -Be 0
            ($module | Get-ModuleParameter).Key | Should -Be @('embed.weight', 'head.weight', 'head.bias')
            @(($module | Get-ModuleParameter).Device | Sort-Object -Unique) | Should -Be @('meta')
            [TorchSharp.torch]::zeros([long[]]@(1)).device.ToString() | Should -BeExactly 'cpu'
        }

        It 'restores the default device, after an error too' {
            { New-ModelSkeleton { throw 'inside' } } | Should -Throw '*inside*'
            $null = New-BoringSkeleton

            [TorchSharp.torch]::zeros([long[]]@(1)).device.ToString() | Should -BeExactly 'cpu'
        }

        It 'refuses <Title>' -ForEach @(
            @{ Title = 'what is no module'; Make = { 42 }; Part = 'is a Int32, not a module' }
            @{ Title = 'nothing'; Make = { $null = 42 }; Part = 'returned nothing' }) {
            $modules = @(New-ModelSkeleton $Make -ErrorAction SilentlyContinue -ErrorVariable problems)

            $modules.Count | Should -Be 0
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'SkeletonInvalid,*'
            $problems[0].Exception.Message | Should -BeLike "*$Part*"
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

        It 'takes a file from the pipeline by its path, and does not read it as text' {
            # What Get-Item adds to a file, in every engine.
            $file = [psobject] [IO.FileInfo]::new("$samples/boring.pt")
            $file.PSObject.Properties.Add([psnoteproperty]::new('PSPath', "$samples/boring.pt"))

            ($file | New-ModelSkeleton | Get-ModuleParameter).Count | Should -Be 8
            ([pscustomobject]@{ Path = "$samples/boring.pt" } | New-ModelSkeleton | Get-ModuleParameter).Count | Should -Be 8
        }

        It 'reports a file that is not there' {
            New-ModelSkeleton -Checkpoint "$TestDrive/none.pt" -ErrorAction SilentlyContinue -ErrorVariable problems
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointNotFound,*'
        }
    }

    Context 'from code that is not as it should be, or starts threads' {
        It 'gives one error for a layer that cannot be, without a stack trace of C++' {
            $made = 1, -1, 2 | ForEach-Object {
                $size = $_
                New-ModelSkeleton { [TorchSharp.torch+nn]::Linear($size, 2) } -ErrorAction SilentlyContinue -ErrorVariable +problems
            }

            @($made).Count | Should -Be 2
            @($problems).Count | Should -Be 1
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'SkeletonInvalid,*'
            $problems[0].Exception.Message | Should -BeLike 'The script block failed*Linear(*negative*'
            $problems[0].Exception.Message | Should -Not -Match 'c10::'
        }

        It 'does not wait for ever for a skeleton that another thread makes meanwhile' {
            $output = Invoke-ChildScript @"
$importModule
`$job = Start-ThreadJob { $importModule; New-ModelSkeleton { 1 | ForEach-Object -Parallel { $importModule; New-ModelSkeleton { [TorchSharp.torch+nn]::Linear(2, 3) } } } }
`$null = Wait-Job `$job -Timeout 60
`$job.State
(Receive-Job `$job | Get-ModuleParameter).Key
exit 0
"@

            $output | Should -Be @('Completed', 'weight', 'bias')
        }
    }

    Context 'from the text of print(model)' {
        BeforeAll {
            $definitions = "$fixtures/definitions"
            $expected = [System.Text.Json.JsonDocument]::Parse([IO.File]::ReadAllText("$samples/boring.expected.json")).RootElement
            $print = $expected.GetProperty('print').GetString()
        }

        It 'builds the article''s model, which loads its checkpoint and gives PyTorch''s output' {
            $module = Import-ModelLowMemory "$samples/boring.pt" (New-ModelSkeleton -Definition $print -AssumeSequential BoringModel)
            $numbers = { param($name) @($expected.GetProperty($name).EnumerateArray() | ForEach-Object { $_.EnumerateArray() } | ForEach-Object { $_.GetSingle() }) }
            $x = [TorchSharp.torch]::tensor([float[]] (& $numbers 'input')).reshape([long[]] (3, 2))

            $module.GetName() | Should -BeExactly 'BoringModel'
            $found = $module.forward($x).data[float]().ToArray()
            $wanted = & $numbers 'output'
            $found.Count | Should -Be 6
            for ($i = 0; $i -lt 6; $i++) { [Math]::Abs($found[$i] - $wanted[$i]) | Should -BeLessThan 1e-6 }
        }

        It 'does not run a class as a sequence unless that is said' {
            $module = Import-ModelLowMemory "$samples/boring.pt" (New-ModelSkeleton -Definition $print)

            { $module.forward([TorchSharp.torch]::ones([long[]] (1, 2))) } |
                Should -Throw "*The forward pass of 'BoringModel' is not known*New-ModelSkeleton -AssumeSequential 'BoringModel'.*"
        }

        It 'warns of a class in -AssumeSequential that is not there, and says which are' {
            $null = New-ModelSkeleton -Definition $print -AssumeSequential boringmodel, 'Bor*', 'x*' -WarningVariable warnings -WarningAction SilentlyContinue

            $warnings.Count | Should -Be 1
            "$warnings" | Should -BeExactly "-AssumeSequential 'boringmodel', 'x*': there is no such class with modules in the text. There are: BoringModel. Case counts."
        }

        It 'reports a pattern in -AssumeSequential that is none' {
            New-ModelSkeleton -Definition $print -AssumeSequential 'a[' -ErrorAction SilentlyContinue -ErrorVariable problems
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'SkeletonInvalid,*'
        }

        It 'takes <Case>' -ForEach @(
            @{ Case = 'one text'; Make = { New-ModelSkeleton -Definition $print } }
            @{ Case = 'lines'; Make = { New-ModelSkeleton -Definition $print.Split("`n") } }
            @{ Case = 'lines from the pipeline'; Make = { $print.Split("`n") | New-ModelSkeleton } }
            @{ Case = 'a text from the pipeline'; Make = { $print | New-ModelSkeleton } }
            @{ Case = 'a path'; Make = { New-ModelSkeleton -Definition "$definitions/boring.txt" } }
            @{ Case = 'a path from the pipeline'; Make = { "$definitions/boring.txt" | New-ModelSkeleton } }
            @{ Case = 'text with Windows line ends'; Make = { New-ModelSkeleton -Definition $print.Replace("`n", "`r`n") } }) {
            $module = & $Make

            @($module).Count | Should -Be 1
            ($module | Get-ModuleParameter).Key | Should -Be (Get-CheckpointInfo "$samples/boring.pt").Key
            @(($module | Get-ModuleParameter).Device | Sort-Object -Unique) | Should -Be @('meta')
        }

        It 'takes the lines of Get-Content, which know the path they are from' {
            # What Get-Content adds to each line, in every engine.
            $lines = foreach ($line in [IO.File]::ReadAllLines("$definitions/boring.txt")) {
                $wrapped = [psobject] $line
                $wrapped.PSObject.Properties.Add([psnoteproperty]::new('PSPath', "$definitions/boring.txt"))
                $wrapped
            }
            ($lines | New-ModelSkeleton | Get-ModuleParameter).Count | Should -Be 8
        }

        It 'builds <Name> with <Count> parameters' -ForEach @(
            @{ Name = 'resnet18'; Count = 11689512 }
            @{ Name = 'gpt2-folded'; Count = 163037184 }
            @{ Name = 'bert-base-folded'; Count = 109482240 }
            @{ Name = 'tinyllama-folded'; Count = 1100048384 }) {
            $parameters = New-ModelSkeleton -Definition "$definitions/$Name.txt" | Get-ModuleParameter
            $sum = 0
            foreach ($parameter in $parameters) {
                if (-not $parameter.IsBuffer) {
                    $size = 1
                    foreach ($length in $parameter.Shape) { $size *= $length }
                    $sum += $size
                }
            }

            $sum | Should -Be $Count
        }

        It 'takes what the text does not show from -Checkpoint' {
            $text = "Net(`n  (stages): Stage()`n)"
            $plain = @(New-ModelSkeleton -Definition $text | Get-ModuleParameter)
            $module = New-ModelSkeleton -Definition "Net(`n  (in_proj): Projection(10)`n)" -Checkpoint "$samples/boring-training.pt" -Prefix model_state_dict

            $plain.Count | Should -Be 0
            ($module | Get-ModuleParameter).Key | Should -Be @('in_proj.weight', 'in_proj.bias')
        }

        It 'says where the text is not understood: <Part>' -ForEach @(
            @{ Text = "Net(`n  (a): Linear(in_features=2)`n)"; Part = 'line 2, column 8: the text does not say out_features' }
            @{ Text = "Net(`n  (a): Tanh()"; Part = "line 1, column 1: the parentheses of 'Net' are not closed" }
            @{ Text = 'none.txt'; Part = "'none.txt' is neither a file nor the text of a model" }
            @{ Text = ''; Part = 'line 1, column 1: the text ends where a class name was expected' }) {
            New-ModelSkeleton -Definition $Text -ErrorAction SilentlyContinue -ErrorVariable problems

            $problems.Count | Should -Be 1
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'SkeletonInvalid,*'
            $problems[0].Exception.Message | Should -BeLike "*$Part*"
        }

        It 'names the file an error is in' {
            $file = [IO.Path]::Combine($TestDrive, 'broken.txt')
            [IO.File]::WriteAllText($file, "Net(`n  (a): Linear(rank=3)`n)")
            New-ModelSkeleton -Definition $file -ErrorAction SilentlyContinue -ErrorVariable problems

            $problems[0].Exception.Message | Should -BeLike "*broken.txt, line 2, column *"
        }
    }

    Context 'from an assembly' {
        It 'makes a type by its name' {
            $module = New-ModelSkeleton -AssemblyPath "$moduleFolder/LowMem.Loader.dll" -TypeName ModuleContainer

            $module.GetType().FullName | Should -BeExactly 'LowMem.Loader.Skeletons.Containers.ModuleContainer'
        }

        It 'says which arguments a constructor takes when those given do not fit' {
            New-ModelSkeleton -AssemblyPath "$moduleFolder/LowMem.Loader.dll" -TypeName ModuleContainer -ArgumentList 3 -ErrorAction SilentlyContinue -ErrorVariable problems
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'SkeletonInvalid,*'
        }

        It 'reports <Case>' -ForEach @(
            @{ Case = 'an assembly that is not there'; Assembly = 'none.dll'; Type = 'Linear' }
            @{ Case = 'a type that is not there'; Assembly = 'TorchSharp.dll'; Type = 'Linaer' }
            @{ Case = 'a file that is no assembly'; Assembly = 'LowMem.psd1'; Type = 'Linear' }) {
            New-ModelSkeleton -AssemblyPath "$moduleFolder/$Assembly" -TypeName $Type -ErrorAction SilentlyContinue -ErrorVariable problems

            $problems.Count | Should -Be 1
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'SkeletonInvalid,*'
        }
    }
}
