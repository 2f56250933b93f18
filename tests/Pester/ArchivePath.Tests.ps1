# Paths of directories and into archives, as somebody types them.
BeforeAll {
    . $PSScriptRoot/Setup.ps1
}

Describe 'Paths into archives' {
    BeforeAll {
        Copy-Item "$samples/boring.pt" "$TestDrive/policy.pth"
        Copy-Item "$samples/boring.pt" "$TestDrive/policy[1].pth"
        Push-Location $TestDrive
        Compress-Archive policy.pth, 'policy`[1`].pth' agent.zip
        tar -cf agent.tar policy.pth
        Pop-Location
        $agent = "$TestDrive/agent.zip"
        $keys = @($expected.tensors.psobject.Properties.Name)
    }

    It 'lists a file in an archive' {
        $tensors = Get-CheckpointInfo "$agent!/policy.pth"
        $tensors.Key | Should -Be $keys
        $tensors[0].Checkpoint | Should -Be ([IO.Path]::GetFullPath($agent) + '!/policy.pth')
        $tensors[0].Path | Should -Be ([IO.Path]::GetFullPath($agent))
    }

    It 'keeps .. in the name inside, for <_>' -ForEach 'Get-CheckpointInfo', 'New-ModelSkeleton -Checkpoint', 'New-ModelSkeleton -Definition "Linear(2, 2)" -Checkpoint' {
        # There is such a file beside the archive, which nobody meant.
        . ([scriptblock]::Create("$_ '$agent!/../policy.pth' -ErrorAction SilentlyContinue -ErrorVariable problems"))
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointNotFound,*'
        $problems[0].Exception.Message | Should -BeLike "*agent.zip!/../policy.pth*"
    }

    It 'makes a skeleton of a file in an archive, also by a relative path' {
        Push-Location $TestDrive
        try {
            (Get-ModuleParameter (New-ModelSkeleton -Checkpoint 'agent.zip!/policy.pth')).Key | Should -Be $keys
        }
        finally {
            Pop-Location
        }
    }

    It 'takes relative paths, and wildcards in both parts' {
        Push-Location $TestDrive
        try {
            @(Get-CheckpointInfo 'agent.zip!/policy.pth' -Summary).Count | Should -Be 1
            @(Get-CheckpointInfo 'agent.*!/policy.p*' -Summary).Count | Should -Be 2
            @(Get-CheckpointInfo '*.zip!/*.pth' -Summary).Count | Should -Be 2
        }
        finally {
            Pop-Location
        }
    }

    It 'takes brackets as they are with -LiteralPath' {
        (Get-CheckpointInfo -LiteralPath "$agent!/policy[1].pth").Key | Should -Be $keys
        Get-CheckpointInfo "$agent!/policy[2].pth" -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointNotFound,*'
        "$problems" | Should -BeLike '*no file in the archive matches this pattern*'
    }

    It 'names what there is when a file is not' {
        Get-CheckpointInfo "$agent!/../policy.pth" -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointNotFound,*'
        "$problems" | Should -BeLike "*holds checkpoints: 'policy*"
    }

    It 'tests, imports and writes a manifest' {
        (Test-Checkpoint "$agent!/policy.pth" -Level Values).Passed | Should -BeTrue
        $model = Import-ModelLowMemory "$agent!/policy.pth"
        Get-FloatValue $model 'in_proj.weight' | Should -Be (Get-ExpectedValue 'in_proj.weight')
        $file = New-CheckpointManifest "$agent!/policy.pth"
        $file.Name | Should -Be 'agent.zip!policy.pth.manifest.json'
        (Test-Checkpoint "$agent!/policy.pth" -Manifest $file.FullName).Passed | Should -BeTrue
    }

    It 'maps what a tar has stored' {
        $model = Import-ModelLowMemory "$TestDrive/agent.tar!/policy.pth"
        $model.LoadReport.MappedCount | Should -Be $keys.Count
        Get-FloatValue $model 'out_proj.bias' | Should -Be (Get-ExpectedValue 'out_proj.bias')
    }

    It 'completes the keys of a file in an archive' {
        (TabExpansion2 "Get-CheckpointInfo '$agent!/policy.pth' -Key in").CompletionMatches.CompletionText | Should -Be 'in_proj.weight', 'in_proj.bias'
    }

    It 'signs no part of a file' {
        New-CheckpointSignature "$agent!/policy.pth" -PrivateKey key.pem -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointUnsupported,*'
    }
}

Describe 'Directories' {
    BeforeAll {
        $folder = "$TestDrive/two"
        $null = New-Item $folder -ItemType Directory
        Copy-Item "$samples/boring.pt" "$folder/a-1-of-1.pt"
        Copy-Item "$samples/boring.pt" "$folder/b-1-of-2.pt"
    }

    It 'lists what could be meant' {
        Get-CheckpointInfo $folder -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointNotFound,*'
        "$problems" | Should -BeLike "*'a-``*-of-1.pt', 'b-``*-of-2.pt'. Name the one that is meant; shards by the name given here, with -LiteralPath*"
    }

    It 'takes the name of a set of shards' {
        @(Get-CheckpointInfo -LiteralPath "$folder/a-*-of-1.pt").Count | Should -Be 8
        $verdict = Test-Checkpoint -LiteralPath "$folder/b-*-of-2.pt"
        $verdict.Passed | Should -BeFalse
        $verdict.FirstFinding | Should -BeLike "Error ShardMissing: 1 of 2 shards is missing: number 2, such as 'b-2-of-2.pt'*"
    }

    It 'finds sets and files in archives with -Recurse' {
        Compress-Archive "$samples/boring.pt" "$folder/boring.zip"
        $verdicts = Test-Checkpoint $folder -Recurse
        $verdicts.Path | Split-Path -Leaf | Should -Be 'a-*-of-1.pt', 'b-*-of-2.pt', 'boring.pt'
        $verdicts.Passed | Should -Be $true, $false, $true
    }
}
