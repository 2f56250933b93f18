# Objects that leave the process: jobs, thread jobs, parallel pipelines, and what remoting makes of them.

BeforeAll { . "$PSScriptRoot/Setup.ps1" }

Describe 'What the commands write' {
    It 'comes back from a job of its own process' {
        $manifest = [WildcardPattern]::Escape($modulePath)
        $job = Start-Job {
            Import-Module $using:manifest
            Get-CheckpointInfo -LiteralPath "$using:samples/boring.pt"
            Get-CheckpointInfo -LiteralPath "$using:samples/boring.pt" -Summary
            Test-Checkpoint -LiteralPath "$using:fixtures/bad-truncated-zip.pt"
        }
        $received = @($job | Receive-Job -Wait -AutoRemoveJob)

        $tensors = $received[0..7]
        $tensors.Key | Should -Be (Get-CheckpointInfo "$samples/boring.pt").Key
        $tensors[0].PSObject.TypeNames[0] | Should -Be 'Deserialized.LowMem.Checkpoints.TensorInfo'
        @($tensors[0].Shape) | Should -Be @(10, 2)
        $tensors[0].ByteLength | Should -BeOfType [long]
        $received[8].TensorCount | Should -Be 8
        $received[9].Passed | Should -BeFalse
        $received[9].Findings[0].Code | Should -Be 'CheckpointTruncated'
    }

    It 'comes from thread jobs and parallel pipelines as it is' {
        $paths = "$samples/boring.pt", "$fixtures/shapes.safetensors"
        $manifest = [WildcardPattern]::Escape($modulePath)
        $wanted = ($paths | Get-CheckpointInfo).Key

        $parallel = $paths | ForEach-Object -Parallel { Import-Module $using:manifest; Get-CheckpointInfo $_ }
        @($parallel.Key | Sort-Object) | Should -Be @($wanted | Sort-Object)
        $first = $paths[0]
        $thread = Start-ThreadJob { Import-Module $using:manifest; Get-CheckpointInfo $using:first } | Receive-Job -Wait -AutoRemoveJob
        $thread[0] | Should -BeOfType [LowMem.Checkpoints.TensorInfo]
    }

    It 'keeps its error ids in a job' {
        $manifest = [WildcardPattern]::Escape($modulePath)
        $job = Start-Job {
            Import-Module $using:manifest
            Get-CheckpointInfo -LiteralPath nothing.pt
        }
        $job | Receive-Job -Wait -AutoRemoveJob -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointNotFound,*'
    }

    It 'survives the serialization of remoting: <Name>' -ForEach @(
        @{ Name = 'parameters of a module'; Make = { New-BoringSkeleton | Get-ModuleParameter } ; Property = 'Key'; Wanted = 'in_proj.weight' }
        @{ Name = 'an estimate of memory'; Make = { Measure-ModelMemory "$samples/boring.pt" }; Property = 'TensorCount'; Wanted = 8 }
        @{ Name = 'a load report'; Make = { (Import-ModelLowMemory "$samples/boring.pt").LoadReport }; Property = 'TensorCount'; Wanted = 8 }) {
        $made = @(& $Make)[0]
        $back = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($made))
        $back.$Property | Should -Be $Wanted
    }

    It 'shows a module that comes from a job as it shows one of its own' {
        $module = Import-ModelLowMemory "$samples/boring.pt"
        $back = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($module))

        $back.PSObject.Properties.Name | Sort-Object | Should -Be @('ByteLength', 'Device', 'LoadReport', 'ParameterCount')
        ($back | Out-String) | Should -BeExactly ($module | Out-String)
        $back.LoadReport.OutsideCount | Should -Be 0
    }
}
