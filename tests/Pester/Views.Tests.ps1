# What people see of objects, and what files and other processes get of them.

BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    $PSStyle.OutputRendering = 'PlainText'

    $long = "$TestDrive/pytorch_model-00001-of-00003-with-a-name-of-sixty-characters"
    [IO.File]::Copy("$fixtures/unsafe_os_system.pt", $long)
    $verdicts = Test-Checkpoint "$samples/boring.pt", "$fixtures/bad-storage-missing.pt", $long

    $tied = New-ModelSkeleton {
        $nn = [TorchSharp.torch+nn]
        $shared = $nn::Linear(4096, 32000, $false)
        [ordered]@{
            transformer      = [ordered]@{ embedding = $shared; block_with_a_long_name = [ordered]@{ conv = $nn::Conv2d(512, 512, 3) } }
            language_modelling_head = $shared
        }
    }

    # The text without its line breaks: where it is broken depends on the culture.
    function Get-Joined([string] $Text) { $Text -replace '\s+', '' }

    # As a job or another machine hands it over.
    function Get-Copy($Object) { [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($Object, 1)) }
}

Describe 'The table of verdicts' {
    It 'shows name, outcome and the whole first reason' {
        $text = $verdicts | Out-String -Width 400

        $text | Should -Match '(?m)^Passed Errors Warnings Path\r?$'
        $text | Should -Match '(?m)^True        0        0 boring\.pt\r?$'
        $text | Should -Match '(?m)^False       1        0 bad-storage-missing\.pt\r?\n    Error StorageMissing: '
        $text | Should -Match "(?m)^False       1        0 $([regex]::Escape([IO.Path]::GetFileName($long)))\r?\n    Error UnsafeGlobal: "
        ($text -replace '\s+', ' ').Contains($verdicts[2].FirstFinding) | Should -BeTrue
    }

    It 'is a list and names, too' {
        $list = $verdicts[1] | Format-List | Out-String -Width 80
        $list | Should -Match '(?m)^Passed\s+: False'
        $list | Should -Match '(?m)^Findings\s+: Error StorageMissing: '
        $verdicts | Format-Wide | Out-String -Width 80 | Should -Match 'boring\.pt\s+bad-storage-missing\.pt'
        $verdicts[0..1] | Format-Table -AutoSize | Out-String -Width 80 | Should -Match 'False\s+1\s+0 Error StorageMissing: .*'
    }

    It 'is the same for a verdict from a job' {
        Get-Copy $verdicts[1] | Out-String -Width 80 | Should -BeExactly ($verdicts[1] | Out-String -Width 80)
    }
}

Describe 'The other tables' {
    It 'shows below the row of a tensor the figures that were asked for' {
        $figures = Get-CheckpointTensor "$fixtures/dtypes.pt" -Key int8 -First 2 -Hash -Histogram 2
        $text = "first: $($figures.First -join ', '); histogram: -128..127: $($figures.Histogram.Counts -join ', '); SHA-256: $($figures.Hash)"
        (($figures | Out-String) -replace '\s+', ' ').Trim() | Should -BeLike "* int8 $text"
        (Get-CheckpointTensor "$fixtures/dtypes.pt" -Key int8 | Out-String) | Should -Not -Match 'first:|SHA-256'
    }

    It 'say what a parameter is tied to' {
        $text = $tied | Get-ModuleParameter | Out-String -Width 200

        $text | Should -Match '(?m)^ModuleType\s+Shape\s+Device\s+Size Key'
        $text | Should -Match '(?m)^Linear\s+\[32000, 4096\] meta\s+500\.0 MiB language_modelling_head\.weight = transformer\.embedding\.weight'
        $tied | Get-ModuleParameter | Format-Table | Out-String -Width 200 | Should -Match '500\.0 MiB language_modelling_head\.weight = transformer\.embedding\.weight'
    }

    It 'fit into 80 columns with all of their columns: <Name>' -ForEach @(
        @{ Name = 'tensors'; Make = { Get-CheckpointInfo "$fixtures/sharded-safetensors" }; Last = 'Key' }
        @{ Name = 'figures'; Make = { Get-CheckpointTensor "$samples/boring.pt" }; Last = 'Key' }
        @{ Name = 'differences'; Make = { Compare-Checkpoint "$fixtures/comparison/reference.pt" "$fixtures/comparison/difference.pt" }; Last = 'Key' }
        @{ Name = 'summaries'; Make = { Get-CheckpointInfo "$samples/boring.pt" -Summary }; Last = 'Path' }
        @{ Name = 'findings'; Make = { $verdicts[2].Findings }; Last = 'Message' }
        @{ Name = 'estimates'; Make = { Measure-ModelMemory "$samples/boring.pt" }; Last = 'Path' }
        @{ Name = 'load reports'; Make = { (Import-ModelLowMemory "$samples/boring.pt").LoadReport }; Last = 'Path' }
    ) {
        $text = & $Make | Format-Table | Out-String -Width 80
        ($text -split '\r?\n')[1] | Should -Match "\s$Last\s*$"
    }

    It 'name the kind of a module' {
        New-BoringSkeleton | Out-String | Should -Match '(?m)^Module\s+: ModuleContainer'
    }

    It 'work where the language is constrained' {
        $script = "$importModule
            `$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'
            Get-CheckpointInfo '$samples/boring.pt' -Key in_proj.weight | Out-String
            Get-CheckpointInfo '$samples/boring.pt' -Summary | Out-String
            Test-Checkpoint '$samples/boring.pt' | Out-String
            Get-CheckpointInfo '$samples/boring.pt' -Key in_proj.weight | ConvertTo-Csv"
        $text = (Invoke-ChildScript $script) -join "`n"

        $text | Should -Match 'float32\s+\[10, 2\]\s+80 B in_proj\.weight'
        $text | Should -Match 'FileSize\s+: 3\.6 KiB'
        $text | Should -Match '(?m)^True\s+0\s+0 boring\.pt'
        $text | Should -Match '"in_proj\.weight","float32","10x2","2,1"'
    }
}

Describe 'What leaves for a CSV file' {
    It 'is a shape like 10x2' {
        $row = Get-CheckpointInfo "$samples/boring.pt" -Key in_proj.weight | ConvertTo-Csv | ConvertFrom-Csv
        $row.Shape | Should -BeExactly '10x2'
        $row.Stride | Should -BeExactly '2,1'
        $row.PSObject.Properties.Name[0..3] | Should -Be @('Key', 'DType', 'Shape', 'Stride')

        (Get-CheckpointInfo "$samples/boring.pt" -Key in_proj.weight | Select-Object Key, Shape | ConvertTo-Csv)[1] | Should -BeExactly '"in_proj.weight","10x2"'
        (New-BoringSkeleton | Get-ModuleParameter -Key in_proj.weight | ConvertTo-Csv | ConvertFrom-Csv).Shape | Should -BeExactly '10x2'
        (Get-CheckpointInfo "$fixtures/empty-and-zero-dim.pt" | Where-Object { $_.Shape.Count -eq 0 } | Select-Object -First 1 | ConvertTo-Csv | ConvertFrom-Csv).Shape | Should -BeExactly ''
    }

    It 'is text for every property that is a list or a dictionary: <Name>' -ForEach @(
        @{ Name = 'tensors'; Make = { Get-CheckpointInfo "$fixtures/newer-sparse.pt" } }
        @{ Name = 'figures'; Make = { Get-CheckpointTensor "$samples/boring.pt" -First 3 } }
        @{ Name = 'differences'; Make = { Compare-Checkpoint "$fixtures/comparison/reference.pt" "$fixtures/comparison/difference.pt" } }
        @{ Name = 'summaries'; Make = { Get-CheckpointInfo "$samples/boring-training.pt" -Summary } }
        @{ Name = 'verdicts'; Make = { $verdicts } }
        @{ Name = 'findings'; Make = { $verdicts[2].Findings } }
        @{ Name = 'parameters'; Make = { $tied | Get-ModuleParameter } }
        @{ Name = 'estimates'; Make = { Measure-ModelMemory "$samples/boring.pt" } }
        @{ Name = 'load reports'; Make = { (Import-ModelLowMemory "$samples/boring.pt").LoadReport } }
    ) {
        $csv = @(& $Make | ConvertTo-Csv)
        $csv.Count | Should -BeGreaterThan 1
        $csv -join "`n" | Should -Not -Match 'System\.|LowMem\.|\{'
    }

    It 'says what is in the lists' {
        $row = Get-CheckpointInfo "$samples/boring-training.pt" -Summary | ConvertTo-Csv | ConvertFrom-Csv
        $row.DTypes | Should -BeExactly 'float32=32'
        $row.Globals | Should -BeExactly 'collections.OrderedDict; torch.FloatStorage; torch._utils._rebuild_tensor_v2'
        $row.Values | Should -BeLike 'epoch=2; *'
    }
}

Describe 'What leaves for other programs' {
    It 'is an array of numbers in JSON, and for scripts' {
        $tensor = Get-CheckpointInfo "$samples/boring.pt" -Key in_proj.weight
        $tensor | ConvertTo-Json -Compress | Should -BeLike '*"Shape":`[10,2`]*'
        $tensor | Select-Object Shape | ConvertTo-Json -Compress | Should -BeExactly '{"Shape":[10,2]}'
        $tensor.Shape.GetType() | Should -Be ([long[]])
        $tensor.Shape[0] | Should -Be 10
        $tensor.Shape -join ' by ' | Should -BeExactly '10 by 2'
        "$($tensor.Shape)" | Should -BeExactly '10 2'
        [long[]] $tensor.Shape | Should -Be @(10, 2)

        $summary = Get-CheckpointInfo "$samples/boring-training.pt" -Summary
        $summary | Select-Object DTypes, Globals | ConvertTo-Json -Compress | Should -BeLike '{"DTypes":{"float32":32},"Globals":`["collections.OrderedDict"*'
        $summary.DTypes['float32'] | Should -Be 32
        $summary.Globals[0] | Should -BeExactly 'collections.OrderedDict'
    }

    It 'comes back from a file with what it had, and nothing of the views: <Name>' -ForEach @(
        @{ Name = 'a tensor'; Make = { Get-CheckpointInfo "$samples/boring.pt" -Key in_proj.weight } }
        @{ Name = 'a summary'; Make = { Get-CheckpointInfo "$samples/boring.pt" -Summary } }
        @{ Name = 'a verdict'; Make = { $verdicts[2] } }
        @{ Name = 'a finding'; Make = { $verdicts[2].Findings[0] } }
        @{ Name = 'a parameter'; Make = { New-BoringSkeleton | Get-ModuleParameter -Key in_proj.weight } }
        @{ Name = 'an estimate'; Make = { Measure-ModelMemory "$samples/boring.pt" } }
        @{ Name = 'a load report'; Make = { (Import-ModelLowMemory "$samples/boring.pt").LoadReport } }
    ) {
        $made = & $Make
        $made | Export-Clixml "$TestDrive/object.xml"
        $copy = Import-Clixml "$TestDrive/object.xml"

        # Every property, in whatever order: a list of those to hand over must not forget one.
        @($copy.PSObject.Properties.Name | Sort-Object) | Should -Be @($made.PSObject.BaseObject.GetType().GetProperties().Name.Where({ $_ -ne 'EqualityContract' }) | Sort-Object)
        $copy | Out-String -Width 80 | Should -BeExactly ($made | Out-String -Width 80)
        $copy | Format-List | Out-String -Width 80 | Should -BeExactly ($made | Format-List | Out-String -Width 80)
    }
}
