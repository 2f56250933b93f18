# What a person sees of a checkpoint at a glance: its tree, its patterns, its groups.

BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    . "$PSScriptRoot/Screen.ps1"
    $PSStyle.OutputRendering = 'PlainText'

    # The layout of Llama: small enough for a test, and large enough for units.
    function Get-Llama([int] $Layers = 4) {
        $tensors = [ordered]@{ 'model.embed_tokens.weight' = 'BF16', @(1000, 64) }
        for ($i = 0; $i -lt $Layers; $i++) {
            foreach ($name in 'q', 'k', 'v', 'o') { $tensors["model.layers.$i.self_attn.${name}_proj.weight"] = 'BF16', @(64, 64) }
            foreach ($name in 'gate', 'up') { $tensors["model.layers.$i.mlp.${name}_proj.weight"] = 'BF16', @(172, 64) }
            $tensors["model.layers.$i.mlp.down_proj.weight"] = 'BF16', @(64, 172)
            foreach ($name in 'input_layernorm', 'post_attention_layernorm') { $tensors["model.layers.$i.$name.weight"] = 'BF16', @(64) }
        }
        $tensors['model.norm.weight'] = 'BF16', @(64)
        $tensors['lm_head.weight'] = 'BF16', @(1000, 64)
        $tensors
    }

    $llama = "$TestDrive/llama.safetensors"
    Write-Model $llama (Get-Llama)
}

Describe 'Get-CheckpointInfo -Tree' {
    It 'fits a model on a screen of 80 columns, in plain ASCII when it is redirected' {
        $lines = @(Invoke-ChildScript "$importModule`nGet-CheckpointInfo '$llama' -Tree").TrimEnd().Where({ $_ })

        $lines | Should -Be @(
            'Name                                      Params       Size Share'
            'llama.safetensors bfloat16                  326K  637.1 KiB  100% #############'
            '|- lm_head.weight [1000, 64] bfloat16        64K  125.0 KiB 19.6% ###'
            '`- model                                    262K  512.1 KiB 80.4% ##########'
            '   |- embed_tokens.weight [1000, 64] bf..    64K  125.0 KiB 19.6% ###'
            '   |- layers.[0..3] 4 x                     198K  387.0 KiB 60.7% ########'
            '   |  |- input_layernorm.weight 4 x [64..    256      512 B  0.1% .'
            '   |  |- mlp 4 x                            132K  258.0 KiB 40.5% #####'
            '   |  |  |- down_proj.weight 4 x [64, 1..    44K   86.0 KiB 13.5% ##'
            '   |  |  |- gate_proj.weight 4 x [172, ..    44K   86.0 KiB 13.5% ##'
            '   |  |  `- up_proj.weight 4 x [172, 64..    44K   86.0 KiB 13.5% ##'
            '   |  |- post_attention_layernorm.weight     256      512 B  0.1% .'
            '   |  `- self_attn 4 x                     65.5K  128.0 KiB 20.1% ###'
            '   |     |- k_proj.weight 4 x [64, 64] ..  16.4K   32.0 KiB  5.0% #'
            '   |     |- o_proj.weight 4 x [64, 64] ..  16.4K   32.0 KiB  5.0% #'
            '   |     |- q_proj.weight 4 x [64, 64] ..  16.4K   32.0 KiB  5.0% #'
            '   |     `- v_proj.weight 4 x [64, 64] ..  16.4K   32.0 KiB  5.0% #'
            '   `- norm.weight [64] bfloat16               64      128 B <0.1% .')
    }

    It 'draws lines and bars as wide as a window of <_> columns' -ForEach 40, 80, 200 {
        Assert-Terminal
        $lines = Get-Screen $_ "Get-CheckpointInfo '$llama' -Tree"

        $lines.Count | Should -Be 18
        ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessThan $_
        $lines -join "`n" | Should -Match '(?m)^\u251c\u2500 lm_head\.weight'
        $lines -join "`n" | Should -Match '(?m)^\u2514\u2500 model '
        if ($_ -ge 80) { $lines[1].Length | Should -Be ($_ - 1) -Because 'the bar of the whole reaches to the end' }
        if ($_ -eq 200) { $lines -join "`n" | Should -Match 'post_attention_layernorm\.weight 4 x \[64\] bfloat16' }
    }

    It 'has colours in a terminal, those of $PSStyle, and none with NO_COLOR' {
        Assert-Terminal
        Get-Screen 100 "`$PSStyle.Foreground.Cyan; Get-CheckpointInfo '$llama' -Tree -Depth 1" -Raw | Should -Match '\x1b\[36m\u2588+\x1b\[0m'
        $text = Get-Screen 100 "Get-CheckpointInfo '$llama' -Tree -Depth 1" -Raw -NoColor
        $text | Should -Not -Match '\x1b\[\d+m'
        $text | Should -Match '\|- lm_head.*#'
        $text | Should -Not -Match '[^\x00-\x7f]'
    }

    It 'goes as deep as asked, and shows each block when asked' {
        @(Get-CheckpointInfo $llama -Tree -Depth 0).Name | Should -Be 'llama.safetensors'
        @(Get-CheckpointInfo $llama -Tree -Depth 2).Name | Should -Be @('llama.safetensors', 'lm_head.weight', 'model', 'embed_tokens.weight', 'layers.[0..3]', 'norm.weight')
        $lines = @(Get-CheckpointInfo $llama -Tree -Expand -Depth 3)
        $lines.Name | Should -Be @('llama.safetensors', 'lm_head.weight', 'model', 'embed_tokens.weight', 'layers', '0', '1', '2', '3', 'norm.weight')
        $lines[5].Count | Should -Be 1
    }

    It 'gives objects to filter, sort and hand on' {
        $lines = @(Get-CheckpointInfo $llama -Tree)
        $mlp = $lines | Where-Object Name -EQ 'mlp'

        $mlp.Depth | Should -Be 3
        $mlp.Count | Should -Be 4
        $mlp.TensorCount | Should -Be 12
        $mlp.ByteLength | Should -Be 264192
        $mlp.Share | Should -BeGreaterThan 0.4
        $mlp.DTypes['bfloat16'] | Should -Be 12
        $mlp.Pattern | Should -BeExactly 'model.layers.*.mlp.*'
        @(Get-CheckpointInfo $llama -Key $mlp.Pattern).Count | Should -Be 12
        ($lines | Where-Object Name -EQ 'norm.weight').Shape | Should -Be @(64)
        @($lines | Get-CheckpointInfo -Summary).TensorCount | Should -Be 39
    }

    It 'is of the tensors that match' {
        @(Get-CheckpointInfo $llama -Key '*.mlp.*' -Tree).Name | Should -Be @('llama.safetensors', 'model.layers.[0..3].mlp', 'down_proj.weight', 'gate_proj.weight', 'up_proj.weight')
    }

    It 'is nothing where no key is' {
        Get-CheckpointInfo $llama -Key 'nothing*' -Tree | Should -BeNullOrEmpty
    }

    It 'says <Name> that does not go together' -ForEach @(
        @{ Name = '-Tree -Summary'; Script = { Get-CheckpointInfo $llama -Tree -Summary }; Id = 'ParametersExclusive' }
        @{ Name = '-Pattern -Group'; Script = { Get-CheckpointInfo $llama -Pattern -Group DType }; Id = 'ParametersExclusive' }
        @{ Name = '-Expand alone'; Script = { Get-CheckpointInfo $llama -Expand }; Id = 'ParameterMissing' }
        @{ Name = '-Depth alone'; Script = { Get-CheckpointInfo $llama -Depth 1 }; Id = 'ParameterMissing' }
        @{ Name = '-Depth of types'; Script = { Get-CheckpointInfo $llama -Group DType -Depth 1 }; Id = 'ParameterMissing' }
    ) {
        $Script | Should -Throw -ErrorId "$Id,LowMem.PowerShell.Commands.GetCheckpointInfoCommand"
    }
}

Describe 'Get-CheckpointInfo -Pattern' {
    It 'says what is in a checkpoint on a few lines of 80 columns' {
        $lines = @(Invoke-ChildScript "$importModule`nGet-CheckpointInfo '$llama' -Pattern").TrimEnd().Where({ $_ })

        $lines | Should -Be @(
            'Pattern                                  Tensors                           Size'
            'model.embed_tokens.weight                1 x [1000, 64] bfloat16      125.0 KiB'
            'model.layers.*.self_attn.q_proj.weight   4 x [64, 64] bfloat16         32.0 KiB'
            'model.layers.*.self_attn.k_proj.weight   4 x [64, 64] bfloat16         32.0 KiB'
            'model.layers.*.self_attn.v_proj.weight   4 x [64, 64] bfloat16         32.0 KiB'
            'model.layers.*.self_attn.o_proj.weight   4 x [64, 64] bfloat16         32.0 KiB'
            'model.layers.*.mlp.gate_proj.weight      4 x [172, 64] bfloat16        86.0 KiB'
            'model.layers.*.mlp.up_proj.weight        4 x [172, 64] bfloat16        86.0 KiB'
            'model.layers.*.mlp.down_proj.weight      4 x [64, 172] bfloat16        86.0 KiB'
            'model.layers.*.input_layernorm.weight    4 x [64] bfloat16                512 B'
            'model.layers.*.post_attention_layernorm.weight 4 x [64] bfloat16          512 B'
            'model.norm.weight                        1 x [64] bfloat16                128 B'
            'lm_head.weight                           1 x [1000, 64] bfloat16      125.0 KiB')
    }

    It 'has room for the numbers in a wide window' {
        Assert-Terminal
        $lines = Get-Screen 200 "Get-CheckpointInfo '$llama' -Pattern"
        ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessThan 200
        $lines -match 'q_proj' | Should -Match '^model\.layers\.\*\.self_attn\.q_proj\.weight\s+4 x \[64, 64\] bfloat16  0\.\.3\s+32\.0 KiB  5\.0%$'
        (Get-Screen 40 "Get-CheckpointInfo '$llama' -Pattern" | Measure-Object Length -Maximum).Maximum | Should -BeLessThan 40
    }

    It 'gives objects whose pattern finds the tensors again' {
        $pattern = Get-CheckpointInfo $llama -Pattern | Where-Object Pattern -Like '*q_proj*'

        $pattern.Count | Should -Be 4
        $pattern.Shape | Should -Be @(64, 64)
        $pattern.DType | Should -BeExactly 'bfloat16'
        $pattern.Numbers | Should -Be @('0..3')
        $pattern.ParameterCount | Should -Be 16384
        @(Get-CheckpointInfo $llama -Key $pattern.Pattern).Count | Should -Be 4
    }
}

Describe 'Get-CheckpointInfo -Group' {
    It 'puts tensors together by <By>' -ForEach @(
        @{ By = 'Module'; Names = @('lm_head', 'model.embed_tokens', 'model.layers.*.mlp.down_proj', 'model.layers.*.mlp.gate_proj', 'model.layers.*.mlp.up_proj'
                'model.layers.*.self_attn.k_proj', 'model.layers.*.self_attn.o_proj', 'model.layers.*.self_attn.q_proj', 'model.layers.*.self_attn.v_proj'
                'model.layers.*.input_layernorm', 'model.layers.*.post_attention_layernorm', 'model.norm') }
        @{ By = 'DType'; Names = @('bfloat16') }
        @{ By = 'Shape'; Names = @('[1000, 64]', '[172, 64]', '[64, 64]', '[64, 172]', '[64]') }
    ) {
        $groups = @(Get-CheckpointInfo $llama -Group $By)
        $groups.Name | Should -Be $Names
        ($groups | Measure-Object TensorCount -Sum).Sum | Should -Be 39
        @($groups.Keys).Count | Should -Be 39
    }

    It 'takes the first names of a module for -Depth' {
        @(Get-CheckpointInfo $llama -Group Module -Depth 1).Name | Should -Be @('model', 'lm_head')
        @(Get-CheckpointInfo "$fixtures/sharded-safetensors" -Group File).Name | Split-Path -Leaf | Should -BeLike '*.safetensors'
    }

    It 'says which keys share a storage' {
        $groups = @(Get-CheckpointInfo "$fixtures/shared-storages.pt" -Group Storage)
        $groups.Count | Should -BeGreaterThan 0
        $groups | ForEach-Object { $_.Keys.Count | Should -BeGreaterThan 1 }
        $groups | Out-String -Width 80 | Should -Match ([regex]::Escape("$($groups[0].Keys[0]), "))
        @(Get-CheckpointInfo $llama -Group Storage).Count | Should -Be 0
    }

    It 'is a table that fits 80 columns and uses 200' -ForEach 80, 200 {
        $text = Get-CheckpointInfo $llama -Group Module | Out-String -Width $_
        $text | Should -Match '(?m)^Tensors Params\s+Size Share Name\s*$'
        $text | Should -Match '(?m)^\s+4\s+44K\s+86\.0 KiB 13\.5% model\.layers\.\*\.mlp\.down_proj\s*$'
        ($text -split '\r?\n' | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual $_
    }
}

Describe 'Objects of several kinds, one after the other' {
    It 'each look as when they are alone' {
        $kinds = @(
            { Get-CheckpointInfo "$samples/boring.pt" -Key in_proj.weight }
            { Get-CheckpointInfo "$samples/boring-training.pt" -Summary }
            { Get-CheckpointInfo $llama -Tree -Depth 1 }
            { Get-CheckpointInfo $llama -Pattern }
            { Get-CheckpointInfo $llama -Group DType }
            { Get-CheckpointTensor "$samples/boring.pt" -Key in_proj.weight }
            { Test-Checkpoint "$samples/boring.pt" }
            { Get-CheckpointInfo "$samples/boring.pt" -Key in_proj.bias })
        $alone = $kinds.ForEach{ (& $_ | Out-String -Width 120).Trim("`r", "`n") }
        $text = $kinds.ForEach{ & $_ } | Out-String -Width 120

        ($text -replace '(\r?\n){2,}', "`n`n").Trim("`r", "`n") | Should -BeExactly (($alone -join "`n`n") -replace '(\r?\n){2,}', "`n`n")
    }

    It 'have a heading of their own for each file' {
        $text = Get-CheckpointInfo $llama, "$samples/boring.pt" -Tree -Depth 0 | Out-String -Width 120
        [regex]::Matches($text, '(?m)^Name\s+Params').Count | Should -Be 2
    }
}

Describe 'What leaves of trees, patterns and groups' {
    It 'is readable in CSV and exact in JSON: <Name>' -ForEach @(
        @{ Name = 'a tree'; Make = { Get-CheckpointInfo $llama -Tree }; First = 'Name,Depth,Count,Shape,DTypes' }
        @{ Name = 'patterns'; Make = { Get-CheckpointInfo $llama -Pattern }; First = 'Pattern,Count,DType,Shape,Numbers' }
        @{ Name = 'groups'; Make = { Get-CheckpointInfo $llama -Group Module }; First = 'Name,Grouping,DTypes,Keys' }
    ) {
        $made = @(& $Make)
        $csv = @($made | ConvertTo-Csv)
        $csv.Count | Should -Be ($made.Count + 1)
        $csv[0] | Should -BeLike "`"$($First.Replace(',', '","'))`"*"
        $csv -join "`n" | Should -Not -Match 'System\.|LowMem\.|\{'

        $json = $made | ConvertTo-Json -Depth 4 | ConvertFrom-Json
        $json.Count | Should -Be $made.Count
        $json[1].ByteLength | Should -Be $made[1].ByteLength
        $json[0].PSObject.Properties.Name | Should -Not -Contain 'Shown'

        # As a job or another machine hands it over.
        $copies = @($made | ForEach-Object { [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($_, 1)) })
        $copies | Out-String -Width 80 | Should -BeExactly ($made | Out-String -Width 80)
        $copies | Format-List | Out-String -Width 80 | Should -BeExactly ($made | Format-List | Out-String -Width 80)
        $copies | Format-Table | Out-String -Width 80 | Should -BeExactly ($made | Format-Table | Out-String -Width 80)
        @($copies | Get-CheckpointInfo -Summary).TensorCount | Should -Be 39
    }

    It 'works where the language is constrained' {
        $text = (Invoke-ChildScript "$importModule
            `$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'
            Get-CheckpointInfo '$llama' -Tree -Depth 1; Get-CheckpointInfo '$llama' -Group DType | Format-Table") -join "`n"
        $text | Should -Match '`- model '
        $text | Should -Match '39\s+326K\s+637\.1 KiB\s+100% bfloat16'
    }
}
