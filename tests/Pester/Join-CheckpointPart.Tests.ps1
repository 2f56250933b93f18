# Parts as scripts keep and send them: what comes out of the join is what one machine gives.
BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    function Show($Verdict) { $Verdict | Select-Object * -ExcludeProperty BytesRead, Duration | ConvertTo-Json -Depth 4 -EnumsAsStrings }
}

Describe 'Join-CheckpointPart' {
    BeforeEach {
        $folder = [IO.Directory]::CreateTempSubdirectory('lowmem-test-').FullName
        foreach ($file in 'boring-model.pt', 'dtypes-safetensors.safetensors', 'bad-truncated-zip.pt', 'containers.pt') {
            Copy-Item -LiteralPath (Join-Path $fixtures $file) -Destination $folder
        }
    }
    AfterEach { Remove-Item -LiteralPath $folder -Recurse -Force }

    It 'gives the verdicts of one machine from <How>' -TestCases @(
        @{ How = 'objects'; Carry = { param($Part, $Folder) $Part } }
        @{ How = 'JSON files'; Carry = { param($Part, $Folder) $i = 0; $Part | ForEach-Object { $_ | ConvertTo-Json | Set-Content "$Folder/p$((++$i)).json" }; Get-ChildItem -Path "$Folder/p*.json" } }
        @{ How = 'one JSON array'; Carry = { param($Part, $Folder) $Part | ConvertTo-Json | Set-Content "$Folder/p.json"; "$Folder/p.json" } }
        @{ How = 'JSON of depth 1'; Carry = { param($Part, $Folder) $Part | ForEach-Object { $_ | ConvertTo-Json -Depth 1 | ConvertFrom-Json } } }
        @{ How = 'CLIXML'; Carry = { param($Part, $Folder) $Part | Export-Clixml "$Folder/p.xml"; Import-Clixml "$Folder/p.xml" } }
        @{ How = 'a CLIXML file'; Carry = { param($Part, $Folder) $Part | Export-Clixml "$Folder/p.xml"; Get-Item "$Folder/p.xml" } }
        @{ How = 'records'; Carry = { param($Part, $Folder) $Part.Record | Set-Content "$Folder/p.txt"; Get-Content "$Folder/p.txt" } }
        @{ How = 'a UTF-16 file of records'; Carry = { param($Part, $Folder) $Part.Record | Set-Content -Encoding unicode "$Folder/p.txt"; Get-Item "$Folder/p.txt" } }
        @{ How = 'a job'; Carry = { param($Part, $Folder) Start-Job { $using:Part } | Receive-Job -Wait -AutoRemoveJob } }
    ) {
        $models = @(Get-ChildItem -LiteralPath $folder)
        $whole = @($models | Test-Checkpoint -Level Values)
        $parts = @(3, 1, 2 | ForEach-Object { $models | Test-Checkpoint -Level Values -Part "$_/3" })

        $joined = @(& $Carry $parts $folder | Join-CheckpointPart)

        Show $joined | Should -Be (Show $whole)
        $joined[0].GetType().Name | Should -Be 'CheckpointVerdict'
    }

    It 'takes parts, copies of them and files as its first argument, too' {
        $models = @(Get-ChildItem -LiteralPath $folder)
        $whole = Show @($models | Test-Checkpoint)
        $parts = @(1, 2 | ForEach-Object { $models | Test-Checkpoint -Part "$_/2" })
        $parts[1] | ConvertTo-Json | Set-Content "$folder/second.json"

        Show @(Join-CheckpointPart $parts) | Should -Be $whole
        Show @(Join-CheckpointPart @($parts | ConvertTo-Json -Depth 1 | ConvertFrom-Json)) | Should -Be $whole
        Show @(Join-CheckpointPart $parts[0], (Get-Item "$folder/second.json")) | Should -Be $whole
        Show @(Join-CheckpointPart $parts[0].Record, "$folder/sec*.json") | Should -Be $whole
        { Join-CheckpointPart $parts[0] } | Should -Throw -ErrorId 'PartsNotWhole,*'
    }

    It 'does not look like a verdict' {
        $part = Test-Checkpoint $fixtures/boring-model.pt -Level Checksum -Part 1/2
        $part.GetType().Name | Should -Be 'CheckpointPart'
        $part.Part | Should -Be '1/2'
        $part.PSObject.Properties.Name | Should -Not -Contain 'Passed'
        $part.PartPassed | Should -BeTrue
        { $part | Export-CheckpointVerdict "$folder/x.sarif" -ErrorAction Stop } | Should -Throw -ErrorId 'NoVerdict*'
    }

    It 'finds what a folder holds, and what cannot be tested, as one machine does' {
        $broken = Join-Path $folder 'gone.pt'
        $whole = @(Test-Checkpoint -LiteralPath $folder, $broken -Recurse -Level Checksum -ErrorAction SilentlyContinue -ErrorVariable wholeErrors)
        $parts = @(1, 2 | ForEach-Object { Test-Checkpoint -LiteralPath $folder, $broken -Recurse -Level Checksum -Part "$_/2" -ErrorAction SilentlyContinue })

        $joined = @($parts | Join-CheckpointPart -ErrorAction SilentlyContinue -ErrorVariable joinedErrors)

        Show $joined | Should -Be (Show $whole)
        $joinedErrors.FullyQualifiedErrorId | ForEach-Object { $_.Split(',')[0] } | Should -Be @('CheckpointNotFound')
        "$joinedErrors" | Should -Be "$wholeErrors"
        $parts.PartPassed | Should -Not -Contain $true
    }

    It 'gives the same shares whatever the culture and the order of the listing' {
        $models = @(Get-ChildItem -LiteralPath $folder)
        $whole = @($models | Test-Checkpoint -Level Values)
        $culture = [cultureinfo]::CurrentCulture
        try {
            [cultureinfo]::CurrentCulture = 'tr-TR'
            $first = $models[3, 1, 0, 2] | Test-Checkpoint -Level Values -Part 1/2
        }
        finally { [cultureinfo]::CurrentCulture = $culture }
        $joined = @($models | Test-Checkpoint -Level Values -Part 2/2; $first) | Join-CheckpointPart
        Show @($joined | Sort-Object Path) | Should -Be (Show @($whole | Sort-Object Path))
    }

    It 'tests a distributed checkpoint where its files lie' {
        $files = Get-ChildItem "$fixtures/dcp/*.distcp"
        $files.Count | Should -Be 2
        $parts = foreach ($number in 1, 2) {
            $own = (New-Item -ItemType Directory "$folder/host$number/dcp").FullName
            Copy-Item "$fixtures/dcp/.metadata", $files[$number - 1].FullName -Destination $own
            Test-Checkpoint $own -Level Checksum -LocalPieces -Part "$number/2"
        }
        $whole = Test-Checkpoint "$fixtures/dcp" -Level Checksum
        $joined = $parts | Join-CheckpointPart
        Show ($joined | Select-Object * -ExcludeProperty Path) | Should -Be (Show ($whole | Select-Object * -ExcludeProperty Path))
        { $parts[0] | Join-CheckpointPart } | Should -Throw -ErrorId 'PartsNotWhole*'
        { Test-Checkpoint "$fixtures/dcp" -LocalPieces } | Should -Throw -ErrorId 'ParameterMissing*'
        { Test-Checkpoint "$fixtures/dcp" -LocalPieces -Part 1/2 -Level Values } | Should -Throw -ErrorId 'ParametersExclusive*'
    }

    It 'writes the manifest of one machine, byte for byte' {
        New-CheckpointManifest $fixtures/boring-model.pt "$folder/one.json"
        $parts = 1..3 | ForEach-Object { New-CheckpointManifest $fixtures/boring-model.pt "$folder/other.json" -Part "$_/3" }
        "$folder/other.json" | Should -Not -Exist

        ($parts | Join-CheckpointPart).FullName | Should -Be "$folder/other.json"

        (Get-FileHash "$folder/other.json").Hash | Should -Be (Get-FileHash "$folder/one.json").Hash
        { $parts | Join-CheckpointPart -ErrorAction Stop } | Should -Throw -ErrorId 'OutputExists*'
        ($parts | Join-CheckpointPart -OutputPath "$folder/third.json").Length | Should -Be (Get-Item "$folder/one.json").Length
    }

    It 'gives the figures of one machine' {
        $whole = Get-CheckpointTensor $fixtures/boring-model.pt -Hash -Histogram 3 -First 2
        $joined = 1..4 | ForEach-Object { Get-CheckpointTensor $fixtures/boring-model.pt -Hash -Histogram 3 -First 2 -Part "$_/4" } | Join-CheckpointPart
        $joined | ConvertTo-Json -Depth 4 | Should -Be ($whole | ConvertTo-Json -Depth 4)
        $piped = 1..2 | ForEach-Object { Get-CheckpointInfo $fixtures/boring-model.pt | Select-Object -First 3 | Get-CheckpointTensor -Part "$_/2" } | Join-CheckpointPart
        $piped.Key | Should -Be $whole.Key[0..2]
    }

    It 'converts to the files of one machine' {
        foreach ($output in 'one', 'other') { $null = New-Item -ItemType Directory "$folder/$output" }
        Convert-Checkpoint $fixtures/boring-model.pt "$folder/one" -MaxShardSize 300
        $parts = 1..3 | ForEach-Object { Convert-Checkpoint $fixtures/boring-model.pt "$folder/other" -MaxShardSize 300 -Part "$_/3" }
        Get-ChildItem "$folder/other" -File | Should -BeNullOrEmpty
        $parts | Join-CheckpointPart -WhatIf
        Get-ChildItem "$folder/other" -File | Should -BeNullOrEmpty

        ($parts | Join-CheckpointPart).Path | Should -BeLike "$folder/other*index.json"

        (Get-ChildItem "$folder/other" | Get-FileHash).Hash | Should -Be (Get-ChildItem "$folder/one" | Get-FileHash).Hash
        (Get-ChildItem "$folder/other").Name | Should -Be (Get-ChildItem "$folder/one").Name
    }

    It 'names what is missing, doubled and foreign in one error' {
        $parts = 1..3 | ForEach-Object { Test-Checkpoint $fixtures/boring-model.pt -Level Checksum -Part "$_/3" }
        $foreign = Test-Checkpoint $fixtures/boring-model.pt -Level Values -Part 2/3
        { $parts[0, 0], $foreign | ForEach-Object { $_ } | Join-CheckpointPart } |
            Should -Throw -ErrorId 'PartsNotWhole*' -ExpectedMessage '*missing: 2/3, 3/3; 1/3 is there 2 times; 2/3*another -Level*'
        { 1 | Join-CheckpointPart } | Should -Throw -ErrorId 'PartInvalid*'
        Set-Content "$folder/x.json" '{"Record": "lowmem-part:"}'
        { Join-CheckpointPart "$folder/x.json" } | Should -Throw -ErrorId 'PartInvalid*'
    }

    It 'refuses <Name> together with a part' -TestCases @(
        @{ Name = '-Quiet'; Run = { Test-Checkpoint $fixtures/boring-model.pt -Part 1/2 -Quiet } }
        @{ Name = '-AsArray'; Run = { Get-CheckpointTensor $fixtures/boring-model.pt -Part 1/2 -AsArray } }
        @{ Name = '-Resume'; Run = { Convert-Checkpoint $fixtures/boring-model.pt "$folder/x.safetensors" -Part 1/2 -Resume } }
    ) {
        $Run | Should -Throw -ErrorId 'ParametersExclusive*'
    }

    It 'says how a part is written' {
        { Test-Checkpoint $fixtures/boring-model.pt -Part 9/8 } | Should -Throw -ExpectedMessage '*a part is written as 3/8*'
    }
}
