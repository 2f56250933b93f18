BeforeAll {
    . "$PSScriptRoot/Setup.ps1"

    # A safetensors file of one float32 for each key: the value is the place of the key.
    function New-KeyFile([string] $Path, [string[]] $Key) {
        $header = [Collections.Specialized.OrderedDictionary]::new([StringComparer]::Ordinal)
        for ($i = 0; $i -lt $Key.Count; $i++) {
            $header.Add($Key[$i], [ordered]@{ dtype = 'F32'; shape = @(1); data_offsets = @((4 * $i), (4 * $i + 4)) })
        }

        $text = [Text.Encoding]::UTF8.GetBytes((ConvertTo-Json -InputObject $header -Depth 4 -Compress))
        $data = [byte[]]::new(4 * $Key.Count)
        [Buffer]::BlockCopy([float[]] (0..($Key.Count - 1)), 0, $data, 0, $data.Length)
        [IO.File]::WriteAllBytes($Path, [BitConverter]::GetBytes([long] $text.Length) + $text + $data)
    }

    # What PowerShell's own completion offers for a line.
    function Get-Completion([string] $Line) {
        [Management.Automation.CommandCompletion]::CompleteInput($Line, $Line.Length, $null).CompletionMatches.CompletionText
    }
}

Describe 'A checkpoint as a drive' {
    BeforeAll {
        [void] (New-PSDrive -Name model -PSProvider Checkpoint -Root "$samples/boring-training.pt" -Scope Global)
    }

    AfterAll { Remove-PSDrive model }

    AfterEach { Set-Location $root }

    It 'has modules, tensors and values, in natural order' {
        (Get-ChildItem model:/).PSChildName | Should -Be @('epoch', 'loss', 'model_state_dict', 'optimizer_state_dict')
        Set-Location model:/model_state_dict/stages/0
        (Get-ChildItem).PSChildName | Should -Be @('bias', 'weight')
        (Get-Location).Path -replace '\\', '/' | Should -BeExactly 'model:/model_state_dict/stages/0'
        Set-Location ..
        (Get-ChildItem 0).Key | Should -Be @('model_state_dict.stages.0.bias', 'model_state_dict.stages.0.weight')
    }

    It 'says of a module what it comes to' {
        $module = Get-Item model:/model_state_dict

        $module | Should -BeOfType LowMem.PowerShell.Provider.CheckpointNode
        $summary = Get-CheckpointInfo "$samples/boring-training.pt" -Key model_state_dict.* -Summary
        $module.TensorCount, $module.ParameterCount, $module.ByteLength | Should -Be @($summary.TensorCount, $summary.ParameterCount, $summary.ByteLength)
        $module.DTypes['float32'] | Should -Be 8
        $module.Share | Should -Be ($module.ByteLength / (Get-Item model:/).ByteLength)
        $module.PSIsContainer | Should -BeTrue
    }

    It 'has the tensors that Get-CheckpointInfo lists, and the values' {
        $tensors = Get-ChildItem model:/ -Recurse | Where-Object { $_ -is [LowMem.Checkpoints.TensorInfo] }

        $listed = Get-CheckpointInfo "$samples/boring-training.pt"
        ($tensors.Key | Sort-Object) | Should -Be ($listed.Key | Sort-Object)
        (Get-Item model:/epoch).Value | Should -Be 2
        (Get-Item model:/optimizer_state_dict/param_groups/0/lr).Key | Should -BeExactly 'optimizer_state_dict.param_groups.0.lr'
    }

    It 'filters by names and by keys, and goes as deep as it is told' {
        (Get-ChildItem model:/model_state_dict -Recurse -Filter *.weight).Count | Should -Be 4
        (Get-ChildItem model:/model_state_dict -Recurse -Filter weight).Count | Should -Be 4
        (Get-ChildItem model:/model_state_dict -Depth 1).Count | Should -Be 9
        (Get-ChildItem model:/model_state_dict -Name) | Should -Be @('in_proj', 'out_proj', 'stages')
        (Get-ChildItem model:/model_state_dict -Recurse -Include bias).Count | Should -Be 4
        (Get-Item model:/model_state_dict/*/weight).Count | Should -Be 2
        (Resolve-Path model:/model_state_dict/s*).Path -replace '\\', '/' | Should -BeExactly 'model:/model_state_dict/stages'
    }

    It 'tests paths, and names what is not there' {
        Test-Path model:/model_state_dict/stages/1/bias | Should -BeTrue
        Test-Path model:/model_state_dict -PathType Container | Should -BeTrue
        Test-Path model:/epoch -PathType Container | Should -BeFalse
        Test-Path model:/nothing | Should -BeFalse
        { Get-Item model:/nothing -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointItemNotFound,*'
    }

    It 'completes paths' {
        (Get-Completion 'Get-Item model:/model_state_dict/s') -replace '\\', '/' | Should -Be 'model:/model_state_dict/stages'
        (Get-Completion 'Set-Location model:/').Count | Should -Be 2
    }

    It 'gives values row by row, from any row on, or as an array' {
        $rows = Get-Content model:/model_state_dict/stages/0/weight -TotalCount 2
        $rows.Count | Should -Be 2
        $rows[1].Index | Should -Be 1
        $all = Get-CheckpointTensor "$samples/boring-training.pt" -Key model_state_dict.stages.0.weight -AsArray
        $rows[1].Values[3] | Should -Be $all[1, 3]
        (Get-Content model:/model_state_dict/stages/0/weight -Skip -1).Values[9] | Should -Be $all[9, 9]
        $raw = Get-Content model:/model_state_dict/stages/0/weight -Raw
        $raw.GetType() | Should -Be ([float[,]])
        $raw[4, 2] | Should -Be $all[4, 2]
        (Get-Content model:/model_state_dict/stages/0/bias).Count | Should -Be 10
        Get-Content model:/epoch | Should -Be 2
        { Get-Content model:/model_state_dict -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointItemNoContent,*'
    }

    It 'gives statistics as properties, and the hash by its name' {
        $expected = Get-CheckpointTensor "$samples/boring-training.pt" -Key model_state_dict.stages.0.weight -Hash
        $properties = Get-ItemProperty model:/model_state_dict/stages/0/weight

        $properties.Mean, $properties.Maximum, $properties.ZeroCount | Should -Be @($expected.Mean, $expected.Maximum, $expected.ZeroCount)
        $properties.PSObject.Properties['Sha256'] | Should -BeNullOrEmpty
        Get-ItemPropertyValue model:/model_state_dict/stages/0/weight -Name Sha256 | Should -BeExactly $expected.Hash
        (Get-ItemProperty model:/model_state_dict).TensorCount | Should -Be 8
        { Get-ItemProperty model:/model_state_dict -Name nothing -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointPropertyNotFound,*'
    }

    It 'puts what describes an item into JSON, and little else' {
        $tensor = Get-Item model:/model_state_dict/in_proj/bias | ConvertTo-Json -Depth 5 | ConvertFrom-Json -AsHashtable
        $known = [LowMem.Checkpoints.TensorInfo].GetProperties().Name

        @($tensor.Keys | Where-Object { $_ -notin $known }) | Should -Be @('PSPath', 'PSParentPath', 'PSChildName', 'PSIsContainer')
        $module = Get-Item model:/model_state_dict | ConvertTo-Json -Compress
        $module.Length | Should -BeLessThan 800
        $module | Should -Match '"DTypes":\{"float32":8\}'
    }

    It 'puts the types of a module into CSV' {
        $row = Get-Item model:/model_state_dict | ConvertTo-Csv | ConvertFrom-Csv
        $row.DTypes | Should -BeExactly 'float32=8'
        $row.Key | Should -BeExactly 'model_state_dict'
    }

    It 'shows modules, tensors and values in one table, as wide as a narrow window' {
        $text = Get-ChildItem model:/model_state_dict -Recurse | Out-String -Width 80

        $text | Should -Match 'Module: model:[/\\]model_state_dict[/\\]in_proj'
        $text | Should -Match 't +float32 \[10, 2\] +20 +80 B +weight'
        $text | Should -Match 'm +4 tensors +220 +880 B +26\.7% stages'
        (Get-ChildItem model:/ | Out-String -Width 80) | Should -Match 'v +2 +epoch'
    }

    It 'is not changed by <_>' -ForEach @(
        'Set-Item model:/epoch 3', 'Clear-Item model:/epoch', 'New-Item model:/x', 'Remove-Item model:/epoch', 'Rename-Item model:/epoch x',
        'Move-Item model:/epoch model:/x', 'Copy-Item model:/epoch model:/x', 'Set-Content model:/epoch 3', 'Add-Content model:/epoch 3', 'Clear-Content model:/epoch',
        'Set-ItemProperty model:/epoch -Name Value -Value 3', 'Clear-ItemProperty model:/epoch -Name Value', 'New-ItemProperty model:/epoch -Name x -Value 3',
        'Remove-ItemProperty model:/epoch -Name Value', 'Rename-ItemProperty model:/epoch -Name Value -NewName x') {
        { & ([scriptblock]::Create("$_ -ErrorAction Stop")) } | Should -Throw -ErrorId 'CheckpointReadOnly*'
    }

    It 'writes the part of a module that is piped to Convert-Checkpoint, under its full keys' {
        Get-Item model:/model_state_dict/stages/0 | Convert-Checkpoint -Destination "$TestDrive/layer0.safetensors"
        Get-ChildItem model:/model_state_dict -Recurse -Filter *.bias | Convert-Checkpoint -Destination "$TestDrive/bias.safetensors"

        (Get-CheckpointInfo "$TestDrive/layer0.safetensors").Key | Should -Be @('model_state_dict.stages.0.bias', 'model_state_dict.stages.0.weight')
        (Get-CheckpointInfo "$TestDrive/bias.safetensors").Count | Should -Be 4
        Compare-Checkpoint "$samples/boring-training.pt" "$TestDrive/layer0.safetensors" |
            Where-Object Key -Like 'model_state_dict.stages.0.*' | Should -BeNullOrEmpty
    }

    It 'gives items to the cmdlets that look at a part or a whole' {
        (Get-ChildItem model:/model_state_dict -Recurse | Get-CheckpointTensor).Count | Should -Be 8
        (Get-Item model:/model_state_dict/stages | Get-CheckpointInfo).Count | Should -Be 4
        (Get-Item model:/model_state_dict/stages | Get-CheckpointInfo -Summary).TensorCount | Should -Be 4
        (Get-ChildItem model:/ | Test-Checkpoint).Path | Should -Be ([IO.Path]::GetFullPath("$samples/boring-training.pt"))
    }

    It 'finds an item by its path where there is no drive' {
        $path = (Get-Item model:/model_state_dict/in_proj/bias).PSPath
        $found = 1 | ForEach-Object -Parallel { & ([scriptblock]::Create($using:importModule)); (Get-Item -LiteralPath $using:path).Key }

        $found | Should -BeExactly 'model_state_dict.in_proj.bias'
    }
}

Describe 'Keys as paths' {
    BeforeAll {
        $keys = @('', '.', '..', '...', '~', 'a', 'a.b', 'a.b.c', 'a..b', '.a', 'a.', 'x/y', 'x\y', 'c:d', 'w[0]', 'w*', 'w?', '`', 'w`[', ' lead', 'trail ',
            'a b', '%', '%2F', '%empty', '%tensor', '%value', "nul`0x", "line`nbreak", "esc`e[31mred", "$([char] 0x202e)evil", "zero$([char] 0x200b)width",
            "$([char] 0x301)e", "$([char] 0x5c42)", '$(x)', "'q'", '"dq"', '-dash', '{b}', 'semi;colon', 'a|b', '::', ('K' * 4096), 'layers.2.w', 'layers.10.w', 'A')
        New-KeyFile "$TestDrive/odd.safetensors" $keys
        [void] (New-PSDrive odd Checkpoint "$TestDrive/odd.safetensors" -Scope Global)
        $items = @(Get-ChildItem odd:/ -Recurse)
    }

    AfterAll { Remove-PSDrive odd }

    AfterEach { Set-Location $root }

    It 'reaches every key, also one that begins another' {
        $found = @($items | Where-Object { $_ -is [LowMem.Checkpoints.TensorInfo] })

        $sorted = [string[]] $found.Key
        $expected = [string[]] $keys
        [array]::Sort($sorted, [StringComparer]::Ordinal)
        [array]::Sort($expected, [StringComparer]::Ordinal)
        ($sorted -join "`u{1}") | Should -BeExactly ($expected -join "`u{1}")
        (Get-Item odd:/a) | Should -BeOfType LowMem.PowerShell.Provider.CheckpointNode
        (Get-Item odd:/a/%tensor).Key | Should -BeExactly 'a'
        (Get-ChildItem odd:/layers).PSChildName | Should -Be @('2', '10')
    }

    It 'finds every item again by its PSPath, literally, as a pattern, and from where it is' {
        foreach ($item in $items) {
            foreach ($again in (Get-Item -LiteralPath $item.PSPath), (Get-Item $item.PSPath), (Get-Item -LiteralPath (Resolve-Path -LiteralPath $item.PSPath).Path)) {
                @($again).Count | Should -Be 1 -Because $item.PSPath
                $again.Key | Should -BeExactly $item.Key
                $again.GetType() | Should -Be $item.GetType()
            }

            Split-Path $item.PSPath -Leaf | Should -BeExactly $item.PSChildName
            Set-Location -LiteralPath $item.PSParentPath
            (Get-Item -LiteralPath $item.PSChildName).Key | Should -BeExactly $item.Key
        }
    }

    It 'completes every name so that it is found' {
        $completions = Get-Completion 'Get-Item odd:/'

        $completions.Count | Should -Be (Get-ChildItem odd:/).Count
        foreach ($completion in $completions) {
            @(& ([scriptblock]::Create("Get-Item $completion"))).Count | Should -Be 1 -Because $completion
        }
    }

    It 'shows no name that a terminal would obey' {
        (Get-ChildItem odd:/ | Out-String -Width 200) | Should -Not -Match '[\p{Cc}\p{Cf}-[\r\n\t\e]]|\e\[31m'
    }
}

Describe 'A drive whose file changes' {
    AfterEach { Set-Location $root }

    It 'says so until it is told to list it again' {
        New-KeyFile "$TestDrive/changing.safetensors" @('a.x', 'b')
        [void] (New-PSDrive changing Checkpoint "$TestDrive/changing.safetensors" -Scope Global)
        Set-Location changing:/a
        New-KeyFile "$TestDrive/changing.safetensors" @('a.x', 'b', 'c')

        { Get-ChildItem -ErrorAction Stop 3> $null } | Should -Throw -ErrorId 'CheckpointChanged,*'
        { Get-Item x -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointChanged,*'
        { Get-Content x -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointChanged,*'
        { Get-ItemProperty x -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointChanged,*'
        (Get-Item changing:/ -Force).TensorCount | Should -Be 3
        (Get-ChildItem changing:/).PSChildName | Should -Be @('a', 'b', 'c')
        Set-Location $root
        Remove-PSDrive changing
    }

    It 'says of Test-Path with a warning that the file is gone' {
        New-KeyFile "$TestDrive/gone.safetensors" @('a')
        [void] (New-PSDrive gone Checkpoint "$TestDrive/gone.safetensors" -Scope Global)
        [IO.File]::Delete("$TestDrive/gone.safetensors")

        $warnings = Test-Path gone:/a 3>&1 | Where-Object { $_ -is [Management.Automation.WarningRecord] }
        "$warnings" | Should -Match 'the file is gone since it was listed'
        { Get-ChildItem gone:/ -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointChanged,*'
        { Get-ChildItem gone:/ -Force -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointNotFound,*'
        Remove-PSDrive gone
    }
}

Describe 'New-PSDrive' {
    It 'takes a directory, an index, a relative path and a name with brackets' {
        Copy-Item "$samples/boring.pt" "$TestDrive/odd[1].pt"
        Push-Location $TestDrive
        try {
            foreach ($path in "$fixtures/sharded-safetensors", "$fixtures/sharded-safetensors/model.safetensors.index.json", './odd[1].pt') {
                [void] (New-PSDrive any Checkpoint $path)
                @(Get-ChildItem any:/ -Recurse).Count | Should -BeGreaterThan 4
                $item = (Get-ChildItem any:/)[0]
                (Get-Item $item.PSPath).Key | Should -BeExactly $item.Key
                Remove-PSDrive any
            }
        } finally {
            Pop-Location
        }
    }

    It 'says what is wrong with what is no checkpoint' {
        { New-PSDrive bad Checkpoint "$TestDrive/nothing.pt" -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointNotFound,*'
        { New-PSDrive bad Checkpoint $PSCommandPath -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointFormatInvalid,*'
        { New-PSDrive bad Checkpoint env:/PATH -ErrorAction Stop } | Should -Throw -ErrorId 'PathNotFileSystem,*'
        Get-PSDrive bad -ErrorAction Ignore | Should -BeNullOrEmpty
    }
}
