# A file chooses its keys, its names and its file name. Whatever of them is written for people goes through one gate.

BeforeAll {
    . "$PSScriptRoot/Setup.ps1"

    # What a terminal obeys or hides. Line breaks are told from ours by what stands around them in the hostile names.
    $obeyed = '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]'
    $hostile = @(
        "$([char] 27)[31mred$([char] 27)]0;title$([char] 7)"
        "first line`nFORGED: second line`r`b`b"
        "right$([char] 0x202e)to left$([char] 0x2066)$([char] 0x200f)"
        "no$([char] 0x200b)width$([char] 0xfeff)$([char] 0x00ad)"
        "c1 $([char] 0x9b)31m$([char] 0x85)$([char] 0x2028)FORGED"
        'k' * 1200
    )

    # A safetensors file of one float for each key.
    function Write-SafetensorsFile([string] $Path, [string[]] $Keys) {
        $parts = for ($i = 0; $i -lt $Keys.Count; $i++) {
            "$($Keys[$i] | ConvertTo-Json -EscapeHandling EscapeNonAscii):{`"dtype`":`"F32`",`"shape`":[1],`"data_offsets`":[$(4 * $i),$(4 * $i + 4)]}"
        }
        $header = [Text.Encoding]::UTF8.GetBytes("{$($parts -join ',')}")
        [IO.File]::WriteAllBytes($Path, [BitConverter]::GetBytes([long] $header.Length) + $header + [byte[]]::new(4 * $Keys.Count))
    }

    # Everything that a script block writes, in every stream, as a terminal 4000 characters wide would get it.
    function Get-Shown([scriptblock] $Script) {
        $PSStyle.OutputRendering = 'PlainText'
        $VerbosePreference = 'Continue'
        $ErrorActionPreference = 'Continue'
        $all = @(try { & $Script *>&1 } catch { $_ })
        $all.Count | Should -BeGreaterThan 0
        $records = @($all | Where-Object { $_ -is [Management.Automation.ErrorRecord] })
        @(
            foreach ($form in 'Format-Table', 'Format-List') { $all | Where-Object { $_ -isnot [string] } | & $form | Out-String -Width 4000 }
            $all | Out-String -Width 4000
            foreach ($record in $records) { "$record"; $record.CategoryInfo.ToString(); "$($record.ErrorDetails)" }
        ) -join "`n"
    }

    function Assert-Harmless([string] $Text) {
        $found = [regex]::Match($Text, $obeyed)
        $place = if ($found.Success) { "U+{0:X4} in '{1}'" -f [int][char] $found.Value, ($Text.Substring([Math]::Max(0, $found.Index - 60), [Math]::Min(100, $Text.Length - [Math]::Max(0, $found.Index - 60))) -replace '\p{C}', '?') }
        $place | Should -BeNullOrEmpty
        $Text | Should -Not -Match '(?m)^\s*FORGED' -Because 'a name must not begin a line of its own'
        $Text | Should -Not -Match 'k{500}'
    }

    $file = "$TestDrive/hostile.safetensors"
    Write-SafetensorsFile $file $hostile
    $named = [IO.Path]::Combine($TestDrive, "name$([char] 27)[2J$([char] 0x202e).safetensors")
    if (-not $IsWindows) { Write-SafetensorsFile $named @('a') }
    # A module of the same keys but one, so that it does not fit.
    $null = New-Item -ItemType Directory "$TestDrive/sharded"
    $map = @{}
    foreach ($key in $hostile) { $map[$key] = "shard$([char] 27)[2J.safetensors" }
    @{ metadata = @{ "x$([char] 27)" = "y$([char] 27)[2J" }; weight_map = $map } | ConvertTo-Json -EscapeHandling EscapeNonAscii |
        Set-Content "$TestDrive/sharded/model.safetensors.index.json"
}

Describe 'What a file writes to the terminal' {
    It 'keeps the keys of the objects exact' {
        @(Get-CheckpointInfo $file).Key | Should -BeExactly $hostile
    }

    It 'is harmless: <Name>' -ForEach @(
        @{ Name = 'Get-CheckpointInfo'; Script = { Get-CheckpointInfo $file } }
        @{ Name = 'Get-CheckpointInfo -Summary'; Script = { Get-CheckpointInfo $file, "$TestDrive/sharded" -Summary } }
        @{ Name = 'Get-CheckpointInfo -Tree'; Script = { Get-CheckpointInfo $file -Tree } }
        @{ Name = 'Get-CheckpointInfo -Pattern'; Script = { Get-CheckpointInfo $file -Pattern } }
        @{ Name = 'Get-CheckpointInfo -Group'; Script = { Get-CheckpointInfo $file -Group Module } }
        @{ Name = 'the errors of a sharded checkpoint'; Script = { Get-CheckpointInfo "$TestDrive/sharded"; Test-Checkpoint "$TestDrive/sharded" } }
        @{ Name = 'Test-Checkpoint'; Script = { Test-Checkpoint $file -Level Values | ForEach-Object { $_; $_.Findings } } }
        @{ Name = 'Test-Checkpoint -Module'; Script = { (Test-Checkpoint $file -Module (New-BoringSkeleton)).Findings } }
        @{ Name = 'Test-Checkpoint -Module, the verdict'; Script = { Test-Checkpoint $file -Module (New-BoringSkeleton) } }
        @{ Name = 'Assert-Checkpoint'; Script = { Assert-Checkpoint $file -Module (New-BoringSkeleton) } }
        @{ Name = 'ModelMismatch'; Script = { Import-ModelLowMemory $file (New-BoringSkeleton) } }
        @{ Name = 'Still on meta'; Script = { Import-ModelLowMemory $file (New-BoringSkeleton) -AllowMissing -AllowUnexpected -Verbose } }
        @{ Name = 'the LoadReport'; Script = { (Import-ModelLowMemory $file (New-BoringSkeleton) -AllowMissing -AllowUnexpected).LoadReport } }
        @{ Name = 'the collisions of a key map'; Script = { Import-ModelLowMemory $file (New-BoringSkeleton) -KeyMap @{ '*' = "same$([char] 27)" } } }
        @{ Name = 'a key map that fails'; Script = { Import-ModelLowMemory $file (New-BoringSkeleton) -KeyMap { throw "no: $_" } } }
        @{ Name = 'a prefix that is not there'; Script = { Import-ModelLowMemory $file (New-BoringSkeleton) -Prefix "p$([char] 27)[2J" } }
        @{ Name = 'a skeleton of it'; Script = { New-ModelSkeleton -Checkpoint $file | ForEach-Object { $_; Get-ModuleParameter $_ } } }
        @{ Name = 'the key of a parameter'; Script = { Get-ModuleParameter (New-BoringSkeleton) -Key "k$([char] 27)2J" } }
        @{ Name = 'a load without a module'; Script = { Import-ModelLowMemory $file | ForEach-Object { $_; $_.LoadReport; Move-ModuleToMeta $_ -Verbose } } }
        @{ Name = 'Measure-ModelMemory'; Script = { Measure-ModelMemory $file; Measure-ModelMemory $file (New-BoringSkeleton) } }
        @{ Name = 'a key that is not there'; Script = { Get-CheckpointInfo $file -Key "nothing$([char] 27)2J" } }
        @{ Name = 'New-CheckpointManifest -WhatIf'; Script = { New-CheckpointManifest $file -Verbose; Test-Checkpoint $file -Manifest "$file.manifest.json" } }
        @{ Name = 'New-CheckpointManifest again'; Script = { New-CheckpointManifest $file "$file.manifest.json"; Test-Checkpoint "$fixtures/shapes.safetensors" -Manifest "$file.manifest.json" | ForEach-Object { $_; $_.Findings } } }
    ) {
        Assert-Harmless (Get-Shown $Script)
    }

    It 'is harmless when the name of the file is hostile' -Skip:$IsWindows {
        Assert-Harmless (Get-Shown {
                Get-CheckpointInfo -LiteralPath $named | Format-List
                Get-CheckpointInfo -LiteralPath $named -Summary
                Get-CheckpointInfo -LiteralPath $named -Key nothing
                Test-Checkpoint -LiteralPath $named -Level Checksum
                Test-Checkpoint -LiteralPath "$named.nothing"
                Measure-ModelMemory -LiteralPath $named
                Import-ModelLowMemory -LiteralPath $named (New-BoringSkeleton)
                Import-ModelLowMemory -LiteralPath $named -WhatIf
                (Import-ModelLowMemory -LiteralPath $named).LoadReport
                Assert-Checkpoint -LiteralPath "$named.nothing"
            })
    }

    It 'is harmless in a list of objects of several types, and exact in their properties' {
        $tensors = @(Get-CheckpointInfo $file)
        $verdict = Test-Checkpoint $file -Level Values
        Assert-Harmless (Get-Shown { $verdict; $verdict.Findings; Get-CheckpointInfo $file -Summary; $tensors; Measure-ModelMemory $file })

        @($tensors | Select-Object Key).Key | Should -BeExactly $hostile
        @($tensors | ConvertTo-Json -Depth 3 | ConvertFrom-Json).Key | Should -BeExactly $hostile
        $tensors[0] | ConvertTo-Json | Should -Not -Match 'DisplayKey'
        ($tensors | ConvertTo-Csv)[0] | Should -Not -Match 'DisplayKey'
    }

    It 'is harmless as text in a message, whatever the object: <Name>' -ForEach @(
        @{ Name = 'tensors'; Make = { Get-CheckpointInfo $file } }
        @{ Name = 'a tree'; Make = { Get-CheckpointInfo $file -Tree } }
        @{ Name = 'patterns'; Make = { Get-CheckpointInfo $file -Pattern } }
        @{ Name = 'groups'; Make = { Get-CheckpointInfo $file -Group Module } }
        @{ Name = 'a verdict'; Make = { Test-Checkpoint -LiteralPath $named } }
        @{ Name = 'a summary'; Make = { Get-CheckpointInfo -LiteralPath $named -Summary } }
        @{ Name = 'an estimate'; Make = { Measure-ModelMemory -LiteralPath $named } }
        @{ Name = 'parameters'; Make = { New-ModelSkeleton -Checkpoint $file | Get-ModuleParameter } }
    ) {
        if ($IsWindows -and -not (Test-Path -LiteralPath $named)) { Set-ItResult -Skipped -Because 'Windows has no such names' }
        Assert-Harmless (@(& $Make | ForEach-Object { "$_" }) -join "`n")
    }

    It 'is harmless in what comes from a job' {
        $copies = @(Get-CheckpointInfo $file; Get-CheckpointInfo $file -Summary; Test-Checkpoint $file -Module (New-BoringSkeleton)) | ForEach-Object {
            [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($_, 1))
        }
        foreach ($type in $copies | Group-Object { $_.PSTypeNames[0] }) { Assert-Harmless (Get-Shown { $type.Group }) }
    }

    It 'is harmless in completions, which still find the key' {
        foreach ($line in "Get-CheckpointInfo '$file' -Key ", "Import-ModelLowMemory '$file' -Include ", "Import-ModelLowMemory '$file' -Prefix ") {
            $offered = (TabExpansion2 $line $line.Length).CompletionMatches
            Assert-Harmless (@($offered | ForEach-Object { $_.ListItemText; $_.ToolTip }) -join "`n")
            # The completion itself is what is typed: harmless too, and it may be long.
            [regex]::IsMatch((@($offered.CompletionText) -join ''), $obeyed) | Should -BeFalse
        }

        $line = "Get-CheckpointInfo '$file' -Key "
        $text = (TabExpansion2 $line $line.Length).CompletionMatches.Where({ $_.ListItemText -like '*red*' }).CompletionText
        @(& ([scriptblock]::Create("$line$text"))).Key | Should -BeExactly $hostile[0]
    }
}
