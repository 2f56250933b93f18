# What scripts of this repository expect of the Utility and Management commands. The file runs in pwsh, where they are
# real, and in the embedded host, where they are stand-ins: both must give the same answers.

BeforeAll {
    function Get-ErrorOf([scriptblock] $Script) {
        $ErrorActionPreference = 'Stop'
        try { & $Script } catch { return $_ }
        throw 'Nothing was thrown.'
    }
}

Describe 'Paths' {
    It 'joins <Path> and <Child> to <Joined>' -ForEach @(
        @{ Path = 'a'; Child = 'b', 'c'; Joined = 'a/b/c' }
        @{ Path = '/a/'; Child = @('/b'); Joined = '/a/b' }
    ) {
        (Join-Path $Path @Child) -replace '\\', '/' | Should -Be $Joined
    }

    It 'splits <Path> into parent, leaf, base and extension' -ForEach @(
        @{ Path = 'a/b/c.txt'; Parent = 'a/b'; Leaf = 'c.txt'; Base = 'c'; Extension = '.txt' }
        @{ Path = 'c'; Parent = ''; Leaf = 'c'; Base = 'c'; Extension = '' }
    ) {
        (Split-Path $Path) -replace '\\', '/' | Should -Be $Parent
        Split-Path $Path -Leaf | Should -Be $Leaf
        Split-Path $Path -LeafBase | Should -Be $Base
        Split-Path $Path -Extension | Should -Be $Extension
    }

    It 'tells files, directories and missing items apart' {
        $file = Join-Path $TestDrive 'f.txt'
        Set-Content $file 'x'
        Test-Path $file | Should -BeTrue
        Test-Path $file -PathType Leaf | Should -BeTrue
        Test-Path $file -PathType Container | Should -BeFalse
        Test-Path $TestDrive -PathType Container | Should -BeTrue
        Test-Path "$file.missing" | Should -BeFalse
    }

    It 'takes a literal path as it is, and a path as a pattern' {
        $file = Join-Path $TestDrive 'a[1].txt'
        Set-Content -LiteralPath $file 'x'
        Test-Path -LiteralPath $file | Should -BeTrue
        Test-Path $file | Should -BeFalse
        Get-Content -LiteralPath $file | Should -Be 'x'
    }

    It 'resolves a relative path against the location' {
        Push-Location $TestDrive
        try {
            Set-Content here.txt 'x'
            (Resolve-Path here.txt).ProviderPath | Should -Be (Join-Path $TestDrive 'here.txt')
            Convert-Path here.* | Should -Be (Join-Path $TestDrive 'here.txt')
            (Get-Location).ProviderPath | Should -Be $TestDrive
        }
        finally { Pop-Location }
        (Get-Location).ProviderPath | Should -Not -Be $TestDrive
    }

    It 'reports a missing item of <Name> as PathNotFound' -ForEach @(
        @{ Name = 'Get-Item'; Script = { Get-Item /no/such/item } }
        @{ Name = 'Get-ChildItem'; Script = { Get-ChildItem /no/such/item } }
        @{ Name = 'Get-Content'; Script = { Get-Content /no/such/item } }
        @{ Name = 'Remove-Item'; Script = { Remove-Item /no/such/item } }
        @{ Name = 'Resolve-Path'; Script = { Resolve-Path /no/such/item } }
        @{ Name = 'Copy-Item'; Script = { Copy-Item /no/such/item /tmp/x } }
    ) {
        $thrown = Get-ErrorOf $Script
        $thrown.FullyQualifiedErrorId | Should -BeLike 'PathNotFound,Microsoft.PowerShell.Commands.*'
        $thrown.CategoryInfo.Category | Should -Be 'ObjectNotFound'
    }
}

Describe 'Items' {
    BeforeEach {
        $folder = (New-Item (Join-Path $TestDrive 'folder') -ItemType Directory).FullName
        'one', 'two' | Set-Content "$folder/a.txt"
        New-Item "$folder/sub/b.log" -ItemType File -Value 'log' -Force | Out-Null
    }

    AfterEach { Remove-Item $folder -Recurse -Force }

    It 'lists files, directories, by filter and below' {
        (Get-ChildItem $folder -Recurse -File | Sort-Object Name).Name | Should -Be 'a.txt', 'b.log'
        (Get-ChildItem $folder -Directory).Name | Should -Be 'sub'
        (Get-ChildItem $folder -Filter *.txt).Name | Should -Be 'a.txt'
        (Get-ChildItem "$folder/*.txt").Name | Should -Be 'a.txt'
    }

    It 'reads a file by lines, its first lines, or whole' {
        Get-Content "$folder/a.txt" | Should -Be 'one', 'two'
        Get-Content "$folder/a.txt" -TotalCount 1 | Should -Be 'one'
        Get-Content "$folder/a.txt" -Raw | Should -BeExactly "one$([Environment]::NewLine)two$([Environment]::NewLine)"
    }

    It 'writes and appends by redirection' {
        'x' > "$folder/r.txt"
        'y' >> "$folder/r.txt"
        Get-Content "$folder/r.txt" | Should -Be 'x', 'y'
    }

    It 'copies, moves and removes' {
        Copy-Item "$folder/sub" "$folder/copy" -Recurse
        Move-Item "$folder/a.txt" "$folder/moved.txt"
        "$folder/copy/b.log", "$folder/moved.txt" | Should -Exist
        Remove-Item "$folder/sub" -Recurse
        "$folder/sub" | Should -Not -Exist
    }

    It 'makes a hard link' {
        New-Item "$folder/link" -ItemType HardLink -Value "$folder/a.txt" | Out-Null
        Set-Content "$folder/a.txt" 'changed'
        Get-Content "$folder/link" | Should -Be 'changed'
    }

    It 'changes nothing with -WhatIf' {
        Remove-Item "$folder/a.txt" -WhatIf
        Set-Content "$folder/a.txt" 'new' -WhatIf
        Get-Content "$folder/a.txt" | Should -Be 'one', 'two'
    }
}

Describe 'Objects' {
    BeforeAll {
        $objects = @(
            [pscustomobject]@{ N = 1; M = 'x' }
            [pscustomobject]@{ N = 3; M = 'y' }
            [pscustomobject]@{ N = 2; M = 'x' }
        )
    }

    It 'selects the first, the last, and after a few' {
        1..9 | Select-Object -First 2 | Should -Be 1, 2
        1..9 | Select-Object -First 2 -Skip 1 | Should -Be 2, 3
        1..9 | Select-Object -Last 2 | Should -Be 8, 9
        1..3 | Select-Object -Skip 2 | Should -Be 3
    }

    It 'selects properties, computed ones and unique values' {
        $row = $objects[1] | Select-Object N, @{ Name = 'Twice'; Expression = { $_.N * 2 } }
        $row.psobject.Properties.Name | Should -Be 'N', 'Twice'
        $row.Twice | Should -Be 6
        $objects | Select-Object -ExpandProperty M | Should -Be 'x', 'y', 'x'
        'a', 'b', 'a' | Select-Object -Unique | Should -Be 'a', 'b'
    }

    It 'sorts by properties, script blocks, descending, without doubles' {
        ($objects | Sort-Object N).N | Should -Be 1, 2, 3
        ($objects | Sort-Object M, N -Descending).N | Should -Be 3, 2, 1
        ($objects | Sort-Object { - $_.N }).N | Should -Be 3, 2, 1
        3, 1, 3, 2 | Sort-Object -Unique | Should -Be 1, 2, 3
        'b', 'A', 'c' | Sort-Object | Should -Be 'A', 'b', 'c'
    }

    It 'groups and measures' {
        $groups = $objects | Group-Object M
        $groups.Name | Should -Be 'x', 'y'
        $groups.Count | Should -Be 2
        $groups[0].Group.N | Should -Be 1, 2
        $measure = $objects | Measure-Object N -Sum -Average -Minimum -Maximum
        $measure.Count, $measure.Sum, $measure.Average, $measure.Minimum, $measure.Maximum | Should -Be 3, 6, 2, 1, 3
        (1..4 | Measure-Object).Count | Should -Be 4
    }

    It 'creates objects and adds members' {
        (New-Object System.Text.StringBuilder 'abc').ToString() | Should -Be 'abc'
        $object = [pscustomobject]@{ A = 1 } | Add-Member NoteProperty B 5 -PassThru
        $object | Add-Member -MemberType ScriptProperty -Name C -Value { $this.B + 1 }
        $object.B, $object.C | Should -Be 5, 6
    }

    It 'fails to bind a parameter it does not have' {
        (Get-ErrorOf { 1 | Select-Object -NoSuchParameter }).FullyQualifiedErrorId |
            Should -Be 'NamedParameterNotFound,Microsoft.PowerShell.Commands.SelectObjectCommand'
    }
}

Describe 'Text' {
    It 'writes JSON' {
        $value = [ordered]@{ a = 1; b = @(1, 2.5, 'x"é', $null, $true); c = [pscustomobject]@{ d = [DayOfWeek]::Friday } }
        $value | ConvertTo-Json -Compress | Should -BeExactly '{"a":1,"b":[1,2.5,"x\"é",null,true],"c":{"d":5}}'
        , @(1) | ConvertTo-Json -Compress | Should -BeExactly '[1]'
        1, 2 | ConvertTo-Json -Compress | Should -BeExactly '[1,2]'
        1.0 | ConvertTo-Json | Should -BeExactly '1.0'
    }

    It 'cuts JSON off at the depth, and says so' {
        $deep = @{ a = @{ b = @{ c = @{ d = 1 } } } }
        $json = $deep | ConvertTo-Json -Compress -WarningVariable warned -WarningAction SilentlyContinue
        $json | Should -BeExactly '{"a":{"b":{"c":"System.Collections.Hashtable"}}}'
        $warned | Should -HaveCount 1
        $deep | ConvertTo-Json -Compress -Depth 5 | Should -BeExactly '{"a":{"b":{"c":{"d":1}}}}'
    }

    It 'reads JSON' {
        $value = '{"a":1,"b":[1,2,{"c":"x"}],"d":1.5,"e":null}' | ConvertFrom-Json
        $value.a | Should -BeOfType ([long])
        $value.b[2].c | Should -Be 'x'
        $value.d | Should -Be 1.5
        ('{"a":1}' | ConvertFrom-Json -AsHashtable)['a'] | Should -Be 1
        { '{"a":' | ConvertFrom-Json } | Should -Throw -ExceptionType ([ArgumentException])
    }

    It 'formats tables and lists as text' {
        $object = [pscustomobject]@{ N = 1; M = 'x' }
        ($object | Format-Table -AutoSize | Out-String).Trim() -replace '\r' | Should -Be "N M`n- -`n1 x"
        ($object | Format-List | Out-String).Trim() -replace '\r' | Should -Be "N : 1`nM : x"
        ($object | Format-Table N | Out-String -Stream | Where-Object { $_.Trim() }).Trim() | Should -Be 'N', '-', '1'
    }
}

Describe 'Streams' {
    It 'writes <Name> to its stream' -ForEach @(
        @{ Name = 'a warning'; Script = { Write-Warning 'text' 3>&1 }; Type = 'WarningRecord' }
        @{ Name = 'verbose text'; Script = { Write-Verbose 'text' -Verbose 4>&1 }; Type = 'VerboseRecord' }
        @{ Name = 'information'; Script = { Write-Information 'text' 6>&1 }; Type = 'InformationRecord' }
        @{ Name = 'host text'; Script = { Write-Host 'text' 6>&1 }; Type = 'InformationRecord' }
    ) {
        $record = & $Script
        $record | Should -BeOfType "System.Management.Automation.$Type"
        "$record" | Should -Be 'text'
    }

    It 'writes an error with its id, category and target' {
        $record = Write-Error 'text' -ErrorId 'My.Id' -Category InvalidData -TargetObject 5 2>&1
        $record.FullyQualifiedErrorId | Should -BeLike 'My.Id*'
        $record.CategoryInfo.Category | Should -Be 'InvalidData'
        $record.TargetObject | Should -Be 5
        $record.Exception.Message | Should -Be 'text'
    }

    It 'writes output one by one, or as it is' {
        @(Write-Output 1, 2).Count | Should -Be 2
        @(Write-Output 1, 2 -NoEnumerate).Count | Should -Be 1
    }
}
