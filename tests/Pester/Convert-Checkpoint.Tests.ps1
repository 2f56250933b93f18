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
