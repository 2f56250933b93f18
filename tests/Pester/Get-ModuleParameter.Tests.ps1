BeforeAll { . "$PSScriptRoot/Setup.ps1" }

Describe 'Get-ModuleParameter' {
    It 'says which submodule owns each key' {
        $module = New-BoringSkeleton
        $owner = $module | Get-ModuleParameter -Key stages.1.bias

        $owner.Name | Should -BeExactly 'bias'
        $owner.ModulePath | Should -BeExactly 'stages.1'
        $owner.ModuleType | Should -BeExactly 'Linear'
        $owner.Shape | Should -Be @(10)
        $owner.DType | Should -BeExactly 'float32'
        $owner.ByteLength | Should -Be 40
        $owner.ByteLength | Should -BeOfType [long]
        $owner.IsBuffer | Should -BeFalse
        $owner.RequiresGrad | Should -BeTrue
        $owner.TiedTo | Should -BeNullOrEmpty
        $owner.Module.GetType().Name | Should -BeExactly 'Linear'
    }

    It 'lists buffers too' {
        $buffers = @(New-ModelSkeleton { [TorchSharp.torch+nn]::BatchNorm2d(4) } | Get-ModuleParameter).Where({ $_.IsBuffer })

        $buffers.Key | Should -Be @('running_mean', 'running_var', 'num_batches_tracked')
        $buffers[2].DType | Should -BeExactly 'int64'
    }

    It 'keeps every name of a tied tensor and says to which it is tied' {
        $module = New-ModelSkeleton {
            $nn = [TorchSharp.torch+nn]
            $shared = $nn::Linear(4, 4)
            [ordered]@{ first = $shared; second = $shared }
        }
        $parameters = $module | Get-ModuleParameter

        $parameters.Key | Should -Be @('first.weight', 'first.bias', 'second.weight', 'second.bias')
        $parameters[2].TiedTo | Should -BeExactly 'first.weight'
    }

    It 'takes wildcards, and reports a name that is not there' {
        $module = New-BoringSkeleton

        ($module | Get-ModuleParameter -Key 'stages.*.bias').Key | Should -Be @('stages.0.bias', 'stages.1.bias')
        $module | Get-ModuleParameter -Key nothing -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'ModuleParameterNotFound,*'
    }

    It 'shows a table' {
        New-BoringSkeleton | Get-ModuleParameter -Key in_proj.weight | Out-String |
            Should -Match 'Linear\s+\[10, 2\]\s+meta\s+80 B in_proj\.weight'
    }

    It 'survives remoting without the live module' {
        $parameter = New-BoringSkeleton | Get-ModuleParameter -Key in_proj.weight
        $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($parameter))

        $copy.Module | Should -BeNullOrEmpty
        $copy.Key | Should -BeExactly 'in_proj.weight'
        $copy.Shape | Should -Be @(10, 2)
        $copy.ByteLength | Should -Be 80
    }

    It 'gives the live module to those who ask for it, and to nobody else' {
        $weight, $bias = New-BoringSkeleton | Get-ModuleParameter -Key in_proj.*

        # ConvertTo-Json, Export-Csv and Format-List follow these.
        $weight.PSObject.Properties.Name | Should -Not -Contain 'Module'
        $weight.Module.GetType().FullName | Should -BeExactly 'TorchSharp.Modules.Linear'
        [object]::ReferenceEquals($weight.Module, $bias.Module) | Should -BeTrue
    }

    It 'becomes JSON of what describes it, however deep it is asked for' {
        $json = New-BoringSkeleton | Get-ModuleParameter -Key in_proj.weight | ConvertTo-Json -Depth 10 | ConvertFrom-Json

        $json.Key | Should -BeExactly 'in_proj.weight'
        $json.Shape | Should -Be @(10, 2)
        $json.ModuleType | Should -BeExactly 'Linear'
        $json.PSObject.Properties.Name | Should -Not -Contain 'Module'
    }
}
