BeforeAll {
    . "$PSScriptRoot/Setup.ps1"

    function Get-Sha256([byte[]] $Bytes) {
        [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData($Bytes)).ToLowerInvariant()
    }
}

Describe 'New-CheckpointManifest' {
    It 'writes what PyTorch holds, sorted by key' {
        $file = New-CheckpointManifest "$samples/boring.pt" -OutputPath "$TestDrive/boring.json"
        $manifest = [IO.File]::ReadAllText($file.FullName) | ConvertFrom-Json

        $file | Should -BeOfType [IO.FileInfo]
        # As from Get-Item, so that it pipes on.
        $file.PSPath | Should -BeLike '*boring.json'
        $file.FullName | Should -BeExactly ([IO.Path]::GetFullPath("$TestDrive/boring.json"))
        $manifest.manifest | Should -Be 1
        $manifest.format | Should -BeExactly 'pytorch-zip'
        $manifest.tensors.key | Should -Be @(
            'in_proj.bias', 'in_proj.weight', 'out_proj.bias', 'out_proj.weight',
            'stages.0.bias', 'stages.0.weight', 'stages.1.bias', 'stages.1.weight')
        $manifest.tensors[1].dtype | Should -BeExactly 'float32'
        $manifest.tensors[1].shape | Should -Be @(10, 2)
    }

    It 'hashes the file and the bytes of each tensor' {
        $file = New-CheckpointManifest "$samples/boring.pt" -OutputPath "$TestDrive/hashes.json"
        $manifest = [IO.File]::ReadAllText($file.FullName) | ConvertFrom-Json
        $bytes = [IO.File]::ReadAllBytes("$samples/boring.pt")

        $manifest.files[0].path | Should -BeExactly 'boring.pt'
        $manifest.files[0].length | Should -Be $bytes.Length
        $manifest.files[0].sha256 | Should -BeExactly (Get-Sha256 $bytes)
        foreach ($tensor in Get-CheckpointInfo "$samples/boring.pt") {
            $expected = Get-Sha256 $bytes[$tensor.Offset..($tensor.Offset + $tensor.ByteLength - 1)]
            $manifest.tensors.Where({ $_.key -eq $tensor.Key }).sha256 | Should -BeExactly $expected
        }
    }

    It 'writes the same bytes each time, wherever the checkpoint is' {
        $copy = [IO.Directory]::CreateDirectory("$TestDrive/elsewhere").FullName
        [IO.File]::Copy("$samples/boring.pt", "$copy/boring.pt")
        $first = New-CheckpointManifest "$samples/boring.pt" -OutputPath "$TestDrive/first.json"
        $second = New-CheckpointManifest "$copy/boring.pt"

        $second.FullName | Should -BeExactly "$copy/boring.pt.manifest.json"
        [IO.File]::ReadAllText($second.FullName) | Should -BeExactly ([IO.File]::ReadAllText($first.FullName))
    }

    It 'takes a sharded set by its directory, and names its shards and its index' {
        $file = New-CheckpointManifest "$fixtures/sharded-bin" -OutputPath "$TestDrive/sharded.json"
        $manifest = [IO.File]::ReadAllText($file.FullName) | ConvertFrom-Json

        $manifest.files.Count | Should -Be 4
        $manifest.files.path | Should -Contain 'pytorch_model.bin.index.json'
        $manifest.files[0].path | Should -Match '^pytorch_model-[^/\\]+\.bin$'
        (Test-Checkpoint "$fixtures/sharded-bin" -Manifest $file.FullName).Passed | Should -BeTrue
    }

    It 'writes nothing with -WhatIf' {
        New-CheckpointManifest "$samples/boring.pt" -OutputPath "$TestDrive/whatif.json" -WhatIf

        [IO.File]::Exists("$TestDrive/whatif.json") | Should -BeFalse
    }

    It 'keeps a file that is there unless -Force is given' {
        [IO.File]::WriteAllText("$TestDrive/there.json", 'old')

        New-CheckpointManifest "$samples/boring.pt" -OutputPath "$TestDrive/there.json" -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'OutputExists,*'
        [IO.File]::ReadAllText("$TestDrive/there.json") | Should -BeExactly 'old'

        $null = New-CheckpointManifest "$samples/boring.pt" -OutputPath "$TestDrive/there.json" -Force
        [IO.File]::ReadAllText("$TestDrive/there.json") | Should -Match '"manifest": 1'
    }

    It 'does not write the manifests of two checkpoints to one file, even with -Force' {
        $files = @(New-CheckpointManifest "$samples/boring.pt", "$samples/boring-training.pt" -OutputPath "$TestDrive/one.json" -Force -ErrorAction SilentlyContinue -ErrorVariable problems)

        $files.Count | Should -Be 1
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'OutputExists,*'
        ([IO.File]::ReadAllText("$TestDrive/one.json") | ConvertFrom-Json).tensors.Count | Should -Be 8
    }

    It 'never replaces the checkpoint itself' {
        [IO.File]::Copy("$samples/boring.pt", "$TestDrive/precious.pt")

        New-CheckpointManifest "$TestDrive/precious.pt" -OutputPath "$TestDrive/precious.pt" -Force -ErrorAction SilentlyContinue -ErrorVariable problems

        $problems[0].FullyQualifiedErrorId | Should -BeLike 'OutputIsInput,*'
        (Test-Checkpoint "$TestDrive/precious.pt").Passed | Should -BeTrue
    }

    It 'reports <Name> as <Id> and leaves nothing behind' -ForEach @(
        @{ Name = 'nothing.pt'; Id = 'CheckpointNotFound'; Output = 'x.json' }
        @{ Name = 'bad-random.pt'; Id = 'CheckpointFormatInvalid'; Output = 'x.json' }
        @{ Name = 'bad-storage-missing.pt'; Id = 'CheckpointFormatInvalid'; Output = 'x.json' }
        @{ Name = 'state-dict.pt'; Id = 'CheckpointNotFound'; Output = 'no-such-directory/x.json' }) {
        $before = @([IO.Directory]::GetFileSystemEntries($TestDrive)).Count

        New-CheckpointManifest "$fixtures/$Name" -OutputPath "$TestDrive/$Output" -ErrorAction SilentlyContinue -ErrorVariable problems

        $problems.Count | Should -Be 1
        $problems[0].FullyQualifiedErrorId | Should -BeLike "$Id,*"
        @([IO.Directory]::GetFileSystemEntries($TestDrive)).Count | Should -Be $before
    }
}
