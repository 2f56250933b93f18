BeforeAll {
    . "$PSScriptRoot/Setup.ps1"

    function Get-Hash($Path, $Prefix = '') {
        $table = [ordered]@{}
        Get-CheckpointTensor $Path -Hash | ForEach-Object { $table[$_.Key.Substring($Prefix.Length)] = $_.Hash }
        $table
    }
}

Describe 'Convert-Checkpoint' {
    It 'writes the bytes that torch.save wrote' {
        Convert-Checkpoint "$fixtures/boring-model.pt" "$TestDrive/boring-model.pt" | Should -BeNullOrEmpty

        (Get-FileHash "$TestDrive/boring-model.pt").Hash | Should -BeExactly (Get-FileHash "$fixtures/boring-model.pt").Hash
    }

    It 'writes safetensors with the same values' {
        $report = Convert-Checkpoint "$samples/boring.pt" "$TestDrive/boring.safetensors" -PassThru -Verify

        $report.Path | Should -BeExactly ([IO.Path]::GetFullPath("$TestDrive/boring.safetensors"))
        $report.TensorCount | Should -Be 8
        $report.Verified | Should -BeTrue
        $summary = $report | Get-CheckpointInfo -Summary
        $summary.Format | Should -BeExactly 'safetensors'
        $summary.Metadata['format'] | Should -BeExactly 'pt'
        $want = Get-Hash "$samples/boring.pt"
        $have = Get-Hash "$TestDrive/boring.safetensors"
        foreach ($key in $want.Keys) { $have[$key] | Should -BeExactly $want[$key] }
    }

    It 'takes one dict out of a training checkpoint, and casts it' {
        Convert-Checkpoint "$samples/boring-training.pt" "$TestDrive/cast.safetensors" -Prefix model_state_dict -DType bfloat16

        $tensors = Get-CheckpointInfo "$TestDrive/cast.safetensors"
        $tensors.DType | Sort-Object -Unique | Should -Be 'bfloat16'
        $tensors.Key | Should -Contain 'in_proj.weight'
    }

    It 'writes shards and an index, and one file of them' {
        Convert-Checkpoint "$samples/boring.pt" "$TestDrive/shards/" -MaxShardSize 400
        $names = [IO.Directory]::GetFiles("$TestDrive/shards").ForEach({ [IO.Path]::GetFileName($_) }) | Sort-Object
        $names | Should -Contain 'boring.safetensors.index.json'
        $names | Should -Contain 'boring-00001-of-00005.safetensors'
        (Get-CheckpointInfo "$TestDrive/shards" -Summary).ShardCount | Should -Be 5

        Convert-Checkpoint "$TestDrive/shards" "$TestDrive/whole.pt"
        $want = Get-Hash "$samples/boring.pt"
        $have = Get-Hash "$TestDrive/whole.pt"
        foreach ($key in $want.Keys) { $have[$key] | Should -BeExactly $want[$key] }
    }

    It 'renames and chooses keys' {
        Convert-Checkpoint "$samples/boring.pt" "$TestDrive/renamed.safetensors" -KeyMap @{ 'stages.*' = 'layers.*' } -Exclude 'out_proj.*' -Metadata @{ licence = 'MIT'; format = $null }

        (Get-CheckpointInfo "$TestDrive/renamed.safetensors").Key | Sort-Object | Should -Be @(
            'in_proj.bias', 'in_proj.weight', 'layers.0.bias', 'layers.0.weight', 'layers.1.bias', 'layers.1.weight')
        $metadata = (Get-CheckpointInfo "$TestDrive/renamed.safetensors" -Summary).Metadata
        $metadata.Keys | Should -Be 'licence'
    }

    It 'renames by a script block' {
        Convert-Checkpoint "$samples/boring.pt" "$TestDrive/script.safetensors" -KeyMap { $_.ToUpperInvariant() } -Include 'IN_PROJ.*'
        (Get-CheckpointInfo "$TestDrive/script.safetensors").Key | Sort-Object | Should -Be @('IN_PROJ.BIAS', 'IN_PROJ.WEIGHT')
    }

    It 'warns of a key map that changes no key' {
        Convert-Checkpoint "$samples/boring.pt" "$TestDrive/same.safetensors" -KeyMap @{ 'stage.*' = 'layers.*' } -WarningVariable warnings 3> $null
        $warnings | Should -HaveCount 1
        $warnings[0].Message | Should -BeLike "*boring.pt: -KeyMap changes none of its 8 keys, such as 'in_proj.weight'."
        Convert-Checkpoint "$samples/boring.pt" "$TestDrive/fewer.safetensors" -KeyMap @{ '*.bias' = $null } -WarningVariable warnings 3> $null
        $warnings | Should -BeNullOrEmpty
    }

    It 'takes a checkpoint once from its tensors' {
        $reports = Get-CheckpointInfo "$samples/boring.pt" | Convert-Checkpoint -Destination "$TestDrive/piped.safetensors" -PassThru
        @($reports) | Should -HaveCount 1
    }

    It 'shows the plan with -WhatIf and writes nothing' {
        $lines = Invoke-ChildScript "$importModule; Convert-Checkpoint '$samples/boring.pt' '$TestDrive/what.safetensors' -DType float16 -WhatIf"
        $text = $lines -join ' '
        $text | Should -BeLike '*8 tensors (8 cast)*in 1 file: what.safetensors*'
        [IO.File]::Exists("$TestDrive/what.safetensors") | Should -BeFalse
    }

    It 'gives <Id> for <Title>' -ForEach @(
        @{ Title = 'what safetensors cannot hold'; Id = 'ConversionUnsupported'; Source = 'fixtures/dtypes.pt'; Out = 'no.safetensors'; Extra = @{} }
        @{ Title = 'a quantised tensor'; Id = 'ConversionUnsupported'; Source = 'fixtures/quantized.pt'; Out = 'no.pt'; Extra = @{} }
        @{ Title = 'a key that is not there'; Id = 'ConversionUnsupported'; Source = 'fixtures/state-dict.pt'; Out = 'no.pt'; Extra = @{ Include = 'nothing.weight' } }
        @{ Title = 'metadata of a state dict'; Id = 'ConversionUnsupported'; Source = 'fixtures/state-dict.pt'; Out = 'no.pt'; Extra = @{ Metadata = @{ a = 1 } } }
        @{ Title = 'two keys that become one'; Id = 'KeyMapInvalid'; Source = 'fixtures/state-dict.pt'; Out = 'no.pt'; Extra = @{ KeyMap = @{ '*' = 'x' } } }
        @{ Title = 'a checkpoint that is not there'; Id = 'CheckpointNotFound'; Source = 'fixtures/nothing.pt'; Out = 'no.pt'; Extra = @{} }
    ) {
        $path = "$root/tests/$Source"
        Convert-Checkpoint $path "$TestDrive/$Out" @Extra -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems[-1].FullyQualifiedErrorId | Should -BeLike "$Id,*"
        [IO.File]::Exists("$TestDrive/$Out") | Should -BeFalse
    }

    It 'replaces a file only by force, and never one that is read' {
        Convert-Checkpoint "$samples/boring.pt" "$TestDrive/force.pt"
        Convert-Checkpoint "$samples/boring.pt" "$TestDrive/force.pt" -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems[-1].FullyQualifiedErrorId | Should -BeLike 'OutputExists,*'
        $problems[-1].CategoryInfo.Category | Should -Be 'ResourceExists'
        Convert-Checkpoint "$samples/boring-training.pt" "$TestDrive/force.pt" -Prefix model_state_dict -Force
        Convert-Checkpoint "$TestDrive/force.pt" "$TestDrive/force.pt" -Force -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems[-1].FullyQualifiedErrorId | Should -BeLike 'OutputIsInput,*'
    }

    It 'does not let one checkpoint replace the one before' {
        'boring.pt', 'residual.pt' | ForEach-Object { "$samples/$_" } |
            Convert-Checkpoint -Destination "$TestDrive/two.safetensors" -Force -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems[-1].FullyQualifiedErrorId | Should -BeLike 'OutputExists,*'
    }

    It 'names what a killed conversion left, and ends it' {
        $null = [IO.Directory]::CreateDirectory("$TestDrive/left.pt.converting")
        [IO.File]::WriteAllText("$TestDrive/left.pt.converting/left.pt", 'half')
        Convert-Checkpoint "$samples/boring.pt" "$TestDrive/left.pt" -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems[-1].FullyQualifiedErrorId | Should -BeLike 'ConversionUnfinished,*'
        $problems[-1].Exception.Message | Should -BeLike '*left.pt.converting*-Resume*-Force*'

        Convert-Checkpoint "$samples/boring.pt" "$TestDrive/left.pt" -Resume
        [IO.Directory]::Exists("$TestDrive/left.pt.converting") | Should -BeFalse
        (Test-Checkpoint "$TestDrive/left.pt").Passed | Should -BeTrue
    }
}

Describe 'Convert-Checkpoint -Shard' {
    BeforeAll {
        $rules = @{ '*.weight' = 0; '*.bias' = 'Replicate' }
    }

    It 'writes the slices of all ranks, which together are the whole' {
        $reports = 1..3 | ForEach-Object { Convert-Checkpoint "$samples/boring.pt" "$TestDrive/rank$_.safetensors" -Shard "$_/3" -ShardRule $rules -PassThru }

        $reports.Shard | Should -Be @('1/3', '2/3', '3/3')
        $reports.SplitCount | Should -Be @(4, 4, 4)
        (Get-CheckpointInfo "$TestDrive/rank3.safetensors" -Key stages.0.weight).Shape | Should -Be @(2, 10)
        (Get-CheckpointInfo "$TestDrive/rank3.safetensors" -Summary).Metadata['shard'] | Should -BeExactly '3/3'
        $parts = 1..3 | ForEach-Object { (Get-CheckpointTensor "$TestDrive/rank$_.safetensors" -Key stages.0.weight -AsArray).ForEach({ $_ }) }
        $parts | Should -Be (Get-CheckpointTensor "$samples/boring.pt" -Key stages.0.weight -AsArray).ForEach({ $_ })
    }

    It 'shows the plan, and writes nothing' {
        $text = Invoke-ChildScript "$importModule; Convert-Checkpoint '$samples/boring.pt' '$TestDrive/none.safetensors' -Shard 1/4 -ShardRule @{ '*.weight' = 0; '*.bias' = 'Replicate' } -WhatIf" | Out-String

        $text | Should -Match '8 tensors \(none cast; shard 1/4: 4 split, 4 whole\)'
        [IO.File]::Exists("$TestDrive/none.safetensors") | Should -BeFalse
    }

    It 'warns of tensors of which the shard has nothing' {
        $report = Convert-Checkpoint "$samples/boring.pt" "$TestDrive/empty.safetensors" -Shard 4/4 -ShardRule $rules -PassThru -WarningVariable warnings -WarningAction SilentlyContinue

        $report.EmptyKeys | Should -Be 'out_proj.weight'
        $warnings | Should -HaveCount 1
        "$($warnings[0])" | Should -BeLike "*there are more shards than indices, and 4/4 has nothing of 'out_proj.weight'."
    }

    It 'takes rules in an order, ready ones, regular expressions and dimensions from the end' {
        Convert-Checkpoint "$samples/boring.pt" "$TestDrive/ordered.safetensors" -Shard 1/2 -ShardRule ([ordered]@{ [regex] '^stages' = 'Replicate'; '*.weight' = -1 }), @{ '*' = 'replicate' }

        (Get-CheckpointInfo "$TestDrive/ordered.safetensors" -Key out_proj.weight).Shape | Should -Be @(2, 5)
        (Get-CheckpointInfo "$TestDrive/ordered.safetensors" -Key stages.0.weight).Shape | Should -Be @(10, 10)
    }

    It 'names all that the rules have no answer for' {
        $problem = { Convert-Checkpoint "$samples/boring.pt" "$TestDrive/none.safetensors" -Shard 1/2 -ShardRule Llama -ErrorAction Stop } | Should -Throw -ErrorId 'ShardInvalid,*' -PassThru

        $problem.CategoryInfo.Category | Should -Be 'InvalidArgument'
        "$problem" | Should -BeLike '*no rule is for these 8 keys: in_proj.weight, in_proj.bias, *'
        "$problem" | Should -BeLike "*'Replicate'*"
        [IO.File]::Exists("$TestDrive/none.safetensors") | Should -BeFalse
    }

    It 'ends when what is asked for is no shard: <Because>' -ForEach @(
        @{ Because = 'from 0'; Shard = '0/8'; Rule = 'Llama'; Id = 'ShardInvalid'; Text = "*that of PyTorch's rank 0 is 1/8*" }
        @{ Because = 'no count'; Shard = '3'; Rule = 'Llama'; Id = 'ShardInvalid'; Text = '*such as 3/8*' }
        @{ Because = 'no such rules'; Shard = '1/2'; Rule = 'Bert'; Id = 'ShardInvalid'; Text = '*There are Gpt2, GptJ, GptNeoX, Llama*' }
        @{ Because = 'no dimension'; Shard = '1/2'; Rule = @{ '*' = 'rows' }; Id = 'ShardInvalid'; Text = "*the rule '`*' says 'rows'*" }
        @{ Because = 'no rules'; Shard = '1/2'; Rule = @{}; Id = 'ShardInvalid'; Text = '*the table has no rules*' }
        @{ Because = 'a number'; Shard = '1/2'; Rule = 7; Id = 'ShardInvalid'; Text = '*and not a Int32*' }
        @{ Because = 'no rule'; Shard = '1/2'; Rule = $null; Id = 'ParameterMissing'; Text = '-Shard needs -ShardRule with it.' }
        @{ Because = 'no shard'; Shard = $null; Rule = 'Llama'; Id = 'ParameterMissing'; Text = '-ShardRule needs -Shard with it.' }) {
        $arguments = @{}
        if ($Shard) { $arguments.Shard = $Shard }
        if ($null -ne $Rule) { $arguments.ShardRule = $Rule }
        $problem = { Convert-Checkpoint "$samples/boring.pt" "$TestDrive/none.safetensors" @arguments } | Should -Throw -ErrorId "$Id,*" -PassThru

        "$problem" | Should -BeLike $Text
    }
}

Describe 'Import-ModelLowMemory -Shard' {
    It 'loads the slices, and says so' {
        $model = Import-ModelLowMemory "$samples/boring.pt" -Shard 2/5 -ShardRule @{ 'stages.*.weight' = 1; '*' = 'Replicate' }

        $model.LoadReport.Shard | Should -BeExactly '2/5'
        $model.LoadReport.SplitCount | Should -Be 2
        foreach ($key in 'stages.0.weight', 'stages.1.weight') { ($model | Get-ModuleParameter -Key $key).Shape | Should -Be @(10, 2) }
        $rows = Get-CheckpointTensor "$samples/boring.pt" -Key stages.0.weight -Slice ':, 2:4' -AsArray
        Get-FloatValue $model stages.0.weight | Should -Be $rows.ForEach({ $_ })
        ($model.LoadReport | Out-String) | Should -Match 'Shard\s+: 2/5'
    }

    It 'refuses a module of the shapes of the whole, and says what to do' {
        $problem = { Import-ModelLowMemory "$samples/boring.pt" (New-BoringSkeleton) -Shard 2/5 -ShardRule @{ 'stages.*.weight' = 1; '*' = 'Replicate' } -ErrorAction Stop } | Should -Throw -ErrorId 'ModelMismatch,*' -PassThru

        "$problem" | Should -BeLike '*build it with the sizes of the shard*'
    }

    It 'shows the plan after all checks, and loads nothing' {
        $text = Invoke-ChildScript "$importModule; Import-ModelLowMemory '$samples/boring.pt' -Shard 1/2 -ShardRule @{ 'stages.*.weight' = 1; '*' = 'Replicate' } -WhatIf" | Out-String

        $text | Should -Match 'shard 1/2: 2 split, 6 whole'
        { Import-ModelLowMemory "$samples/boring.pt" -Shard 1/2 -ShardRule @{ '*.weight' = 5; '*' = 'Replicate' } -WhatIf -ErrorAction Stop } | Should -Throw -ErrorId 'ShardInvalid,*'
    }
}
