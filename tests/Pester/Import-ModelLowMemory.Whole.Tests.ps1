# No half of a model, no optimizer taken for one, and what to do where keys have other names.

BeforeAll {
    . "$PSScriptRoot/Setup.ps1"

    function New-ShardedModel([string] $Name) {
        # The fixture without its last shard.
        Copy-Item "$fixtures/sharded-safetensors" "$TestDrive/$Name" -Recurse
        Get-ChildItem "$TestDrive/$Name/*.safetensors" | Sort-Object Name | Select-Object -Last 1 | Remove-Item
        "$TestDrive/$Name"
    }
}

Describe 'Import-ModelLowMemory' {
    Context 'a part of the checkpoint that is missing' {
        It 'is an error of <Command> that names the shard and the keys' -ForEach @(
            @{ Command = 'Import-ModelLowMemory'; Arguments = @{} }
            @{ Command = 'Measure-ModelMemory'; Arguments = @{} }
            @{ Command = 'New-ModelSkeleton'; Arguments = @{} }
            @{ Command = 'New-ModelSkeleton'; Arguments = @{ Definition = "Net(`n  (model): Model()`n)" } }) {
            $folder = New-ShardedModel "$Command$($Arguments.Count)"
            $name = if ($Command -eq 'New-ModelSkeleton') { 'Checkpoint' } else { 'Path' }
            $Arguments[$name] = $folder

            $result = & $Command @Arguments -ErrorAction SilentlyContinue -ErrorVariable problems
            $result | Should -BeNullOrEmpty
            $problems.Count | Should -Be 1
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointFormatInvalid,*'
            $problems[0].Exception.Message | Should -BeLike "*1 fault in the checkpoint*-AllowMissing*shard '*' cannot be read*missing: *"

            & $Command @Arguments -AllowMissing -WarningAction SilentlyContinue -WarningVariable warnings | Should -Not -BeNullOrEmpty
            "$warnings" | Should -BeLike "*shard '*' cannot be read*Missing from the checkpoint: *"
        }

        It 'is named in warnings and in the LoadReport when it may be missing' {
            $folder = New-ShardedModel 'allowed'
            $model = Import-ModelLowMemory $folder -AllowMissing -WarningAction SilentlyContinue -WarningVariable warnings

            $model.LoadReport.MissingKeys.Count | Should -BeGreaterThan 0
            $model.LoadReport.Faults.Code | Should -Be 'ShardMissing'
            "$warnings" | Should -BeLike "*shard '*' cannot be read*Missing from the checkpoint: $($model.LoadReport.MissingKeys[0])*"
        }
    }

    Context 'a training checkpoint without a module' {
        It 'gives the model, and says how much was left aside' {
            $report = (Import-ModelLowMemory "$fixtures/legacy-training.pth" -WarningAction SilentlyContinue).LoadReport

            $report.Prefix | Should -Not -BeNullOrEmpty
            $report.OutsideCount | Should -BeGreaterThan 0
            @(Get-CheckpointInfo "$fixtures/legacy-training.pth").Count | Should -Be ($report.TensorCount + $report.OutsideCount)
        }
    }

    Context 'a module whose keys have other names' {
        It 'fits after the rename that the error says, pasted as it is' {
            $skeleton = New-ModelSkeleton {
                $nn = [TorchSharp.torch+nn]
                [ordered]@{ enc = [ordered]@{ in_proj = $nn::Linear(2, 10); stages = @($nn::Linear(10, 10), $nn::Linear(10, 10)); out_proj = $nn::Linear(10, 2) } }
            }
            Import-ModelLowMemory "$samples/boring.pt" $skeleton -ErrorAction SilentlyContinue -ErrorVariable problems
            $lines = $problems[0].Exception.Message -split '\r?\n'

            $lines.Count | Should -Be 8
            $lines[1] | Should -BeExactly "  One rename makes all of it fit: -Prefix '' -KeyMap @{ '*' = 'enc.*' }"
            $parameters = $lines[1] -replace '^.*?: '
            $model = . ([scriptblock]::Create("Import-ModelLowMemory '$samples/boring.pt' `$skeleton $parameters"))
            $model.LoadReport.RenamedCount | Should -Be 8
        }

        It 'fits after a rename inside of keys, too' {
            $skeleton = New-ModelSkeleton {
                $nn = [TorchSharp.torch+nn]
                [ordered]@{ in_proj = $nn::Linear(2, 10); blocks = @($nn::Linear(10, 10), $nn::Linear(10, 10)); out_proj = $nn::Linear(10, 2) }
            }
            Import-ModelLowMemory "$samples/boring.pt" $skeleton -ErrorAction SilentlyContinue -ErrorVariable problems
            $parameters = ($problems[0].Exception.Message -split '\r?\n')[1] -replace '^.*?: '

            $model = . ([scriptblock]::Create("Import-ModelLowMemory '$samples/boring.pt' `$skeleton $parameters"))
            $model.LoadReport.RenamedCount | Should -Be 4
        }
    }

    Context 'a name that was mistyped' {
        It 'is told beside the one that was probably meant' {
            Get-CheckpointInfo "$samples/boring.pt" -Key in_proj.wieght -ErrorAction SilentlyContinue -ErrorVariable problems
            $problems[0].Exception.Message | Should -BeLike "*there is no tensor 'in_proj.wieght'. Did you mean 'in_proj.weight'?*"

            $module = New-BoringSkeleton
            Get-ModuleParameter $module -Key out_proj.biass -ErrorAction SilentlyContinue -ErrorVariable problems
            $problems[0].Exception.Message | Should -BeLike "*'out_proj.biass'. Did you mean 'out_proj.bias'?*"

            Import-ModelLowMemory "$samples/boring.pt" $module -Include in_proj.bais -ErrorAction SilentlyContinue -ErrorVariable problems
            $problems[0].Exception.Message | Should -BeLike "*no 'in_proj.bais'*Did you mean 'in_proj.bias'?*"

            Import-ModelLowMemory "$samples/boring-training.pt" $module -Prefix model_state_dic -ErrorAction SilentlyContinue -ErrorVariable problems
            $problems[0].Exception.Message | Should -BeLike "*Did you mean 'model_state_dict.'?*"
        }

        It 'is told alone when nothing is near' {
            Get-CheckpointInfo "$samples/boring.pt" -Key other -ErrorAction SilentlyContinue -ErrorVariable problems
            $problems[0].Exception.Message | Should -Not -BeLike '*Did you mean*'
        }
    }
}
