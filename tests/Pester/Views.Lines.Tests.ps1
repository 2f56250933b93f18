# Each kind of object takes a line in a window, however awkward its names are, and is whole where it does not go to a window.

BeforeDiscovery {
    $hasTerminal = $IsLinux -and (Get-Command script -CommandType Application -ErrorAction Ignore)
    $kinds = 'tensors', 'statistics', 'differences', 'renamed', 'verdicts', 'findings', 'tree', 'patterns', 'groups', 'parameters', 'parts', 'items'
    $tables = 'tensors', 'statistics', 'differences', 'summaries', 'verdicts', 'findings', 'groups', 'parameters', 'loads', 'estimates', 'parts', 'items'
}

BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    . "$PSScriptRoot/Screen.ps1"

    $folder = "$TestDrive/$('a-long-folder-name-' * 6)"
    $null = New-Item -ItemType Directory $folder
    $model = "$folder/model-with-a-long-name-00001-of-00002.safetensors"
    $other = "$TestDrive/other.safetensors"
    $end = 'self_attn.q_proj.weight'
    $tensors = [ordered]@{
        "$('deep.block.' * 10)$end"        = 'F32', @(2, 3)
        'conv5d.weight'                    = 'F32', @(12, 5, 16, 16, 16)
        "`u{4e2d}`u{6587}.$("`u{5c42}" * 60)"    = 'F8_E4M3', @(1)
        "red`e[31m`n$('x' * 60).b"         = 'I64', @(1)
        "marks$("`u{0301}" * 70)"            = 'F32', @(2)
        ''                                 = 'F32', @()
    }
    Write-Model $model $tensors
    $tensors["$('deep.block.' * 10)$end"] = 'F32', @(2, 4)
    $tensors.Remove('conv5d.weight')
    $tensors["$('new.block.' * 12)weight"] = 'F32', @(12, 5, 16, 16, 16)
    Write-Model $other $tensors

    # Values that need room: large, small, negative, and not finite.
    $numbers = [float[]] @(-1.2345e-30, -3.4e38, 1.17e-38, [float]::NaN, [float]::PositiveInfinity, 0)
    $bytes = [IO.File]::ReadAllBytes($model)
    [Buffer]::BlockCopy($numbers, 0, $bytes, 8 + [BitConverter]::ToInt64($bytes, 0), 24)
    [IO.File]::WriteAllBytes($model, $bytes)

    $make = @{
        tensors     = "Get-CheckpointInfo '$model'"
        statistics  = "Get-CheckpointTensor '$model'"
        differences = "Compare-Checkpoint '$model' '$other'"
        renamed     = "Compare-Checkpoint '$model' '$other' | Where-Object Change -EQ Renamed"
        verdicts    = "Test-Checkpoint '$model', '$fixtures/bad-storage-missing.pt' -Level Values"
        findings    = "(Test-Checkpoint '$model' -Level Values).Findings"
        tree        = "Get-CheckpointInfo '$model' -Tree"
        patterns    = "Get-CheckpointInfo '$model' -Pattern"
        groups      = "Get-CheckpointInfo '$model' -Group Module"
        parameters  = "New-ModelSkeleton -Path '$samples/boring.pt' | Get-ModuleParameter"
        parts       = "Test-Checkpoint '$fixtures/bad-s*.pt' -Part 1/2 -WarningAction Ignore"
        items       = "`$null = New-PSDrive awkward Checkpoint '$model' -ErrorAction Ignore; Get-ChildItem awkward:/"
        summaries   = "Get-CheckpointInfo '$model' -Summary"
        loads       = "(Import-ModelLowMemory '$samples/boring.pt').LoadReport"
        estimates   = "Measure-ModelMemory '$model'"
    }

    # All kinds in one process for each width, since one takes seconds to start.
    $script = "`$ProgressPreference = 'SilentlyContinue'`n" + ($make.Keys.ForEach{ "'##$_'; $($make[$_]); '##$_ table'; & { $($make[$_]) } | Format-Table; '##$_ count'; @($($make[$_])).Count" } -join "`n")
    $screens = @{}
    function Get-Part([int] $Columns, [string] $Name) {
        if (-not $screens[$Columns]) { $screens[$Columns] = @(Get-Screen $Columns $script) }
        $lines = $screens[$Columns]
        $start = [Array]::IndexOf($lines, "##$Name") + 1
        $start | Should -BeGreaterThan 0
        for ($i = $start; $i -lt $lines.Count -and -not $lines[$i].StartsWith('##'); $i++) { $lines[$i] }
    }

    # As PowerShell counts the cells of a line.
    function Get-Cell([string] $Line) {
        $cells = $Line.Length
        foreach ($character in $Line.ToCharArray()) { if ($character -ge [char] 0x2e80 -and $character -le [char] 0xd7a3) { $cells++ } }
        $cells
    }
}

Describe 'In a window' -Skip:(-not $hasTerminal) {
    Context 'of <_> columns' -ForEach 40, 80, 120, 200 {
        BeforeDiscovery { $columns = $_ }

        It 'there is a line for each of the <Kind>' -ForEach $kinds.ForEach{ @{ Kind = $_; Columns = $columns } } {
            $lines = @(Get-Part $Columns $Kind)
            foreach ($line in $lines) { Get-Cell $line | Should -BeLessThan $Columns -Because $line }

            # Sentences, and what all have in common, begin with spaces.
            $rows = @($lines | Where-Object { $_ -notmatch '^    (?!\d[\d.]* [KMGT]?i?B )[^ ]' })
            $headings = @($lines | Where-Object { $_ -match '^\s*(DType|Shape|Size|Minimum|Change|Passed|Severity|Name|Pattern|Tensors|ModuleType|PartPassed|Mode)\b.*\b(Key|Path|Name|Part|Size|Share)$' }).Count
            $rows.Count - $headings | Should -Be ([int] (Get-Part $Columns "$Kind count")) -Because ($lines -join "`n")
        }
    }

    It 'a table of the <_> has a line for each in 80 columns' -ForEach $tables {
        $lines = @(Get-Part 80 "$_ table")
        $lines.ForEach{ Get-Cell $_ } | ForEach-Object { $_ | Should -BeLessOrEqual 80 }
        $rows = @($lines | Where-Object { $_ -notmatch '^    (Directory|Module)\b|^[ -]*$' })
        $dashes = @($lines | Where-Object { $_ -match '^[ -]+$' }).Count
        $rows.Count - $dashes | Should -Be ([int] (Get-Part 80 "$_ count")) -Because ($lines -join "`n")
    }

    It 'the end of a key is seen, and all of it where there is room' {
        $line = @(Get-Part 80 tensors) -match 'q_proj'
        $line | Should -BeLike "float32       ``[2, 3``]                24 B `u{2026}*$end"
        @(Get-Part 200 tensors) -match 'q_proj' | Should -BeLike "* $('deep.block.' * 10)$end"
        @(Get-Part 40 tensors) -match 'q_proj' | Should -BeLike "     24 B `u{2026}*$end"
    }

    It 'a longer shape has its room before the key has' {
        @(Get-Part 80 tensors) -match 'conv5d' | Should -BeExactly 'float32       [12, 5, 16, 16, 16] 960.0 KiB conv5d.weight'
    }

    It 'more columns are there in more room' {
        @(Get-Part 80 statistics)[0] | Should -BeExactly ' Minimum  Maximum     Mean  StdDev NaN/Inf/0 Key'
        @(Get-Part 120 statistics)[0] | Should -BeExactly 'DType         Shape             Minimum  Maximum     Mean  StdDev NaN/Inf/0 Key'
    }

    It 'a sentence goes on below, between words' {
        $reason = (Test-Checkpoint "$fixtures/bad-storage-missing.pt").FirstFinding
        foreach ($columns in 80, 120, 200) {
            $lines = @(Get-Part $columns verdicts)
            $at = [Array]::IndexOf($lines, (@($lines) -like '*bad-storage-missing.pt')[0])
            $said = for ($i = $at + 1; $i -lt $lines.Count -and $lines[$i].StartsWith('    '); $i++) { $lines[$i].Trim() }
            $said -join ' ' | Should -BeExactly $reason
        }
    }

    It 'nothing is cut that goes to a file, a variable or a program' {
        $lines = Get-Screen 80 "Get-CheckpointInfo '$model' -Key deep* > '$TestDrive/list.txt'; (Get-CheckpointInfo '$model' -Key deep* | Out-String -Width 300).Trim(); Get-CheckpointInfo '$model' -Key deep*"
        $whole = "float32       [2, 3]                24 B $('deep.block.' * 10)$end"
        Get-Content "$TestDrive/list.txt" | Should -Contain $whole
        ($lines -join '').Contains($whole) | Should -BeTrue
        $lines[-1] | Should -BeLike "*B `u{2026}*$end"
    }
}

Describe 'Where output is redirected' {
    It 'nothing of the <_> is cut' -ForEach $kinds.Where{ $_ -notin 'tree', 'patterns' } {
        $text = & ([scriptblock]::Create("$($make[$_]) | Out-String -Width 2000"))
        $text | Should -Not -BeLike "*`u{2026}*"
        $text | Should -Not -Match '\.\.'
    }
}
