BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    $sample = "$samples/boring.pt"
    $folder = "$TestDrive/out"
    $null = New-Item -ItemType Directory -Path $folder
}

Describe 'A name that the system does not allow' {
    It 'is refused by <Command> before anything is written' -ForEach @(
        @{ Command = 'Convert-Checkpoint'; Run = { Convert-Checkpoint $sample "$name.safetensors" -ErrorAction Stop } }
        @{ Command = 'Export-CheckpointReport'; Run = { Export-CheckpointReport $sample "$name.html" -ErrorAction Stop } }
        @{ Command = 'Export-CheckpointVerdict'; Run = { Test-Checkpoint $sample | Export-CheckpointVerdict "$name.csv" -ErrorAction Stop } }
        @{ Command = 'Export-ModelCheckpoint'; Run = { New-ModelSkeleton -Definition 'Linear(in_features=2, out_features=2)' | Export-ModelCheckpoint -Path "$name.pt" -ErrorAction Stop } }
        @{ Command = 'New-CheckpointManifest'; Run = { New-CheckpointManifest $sample -OutputPath "$name.json" -ErrorAction Stop } }
        @{ Command = 'New-CheckpointSignature'; Run = { New-CheckpointSignature $sample -OutputPath "$name.sig" -PrivateKey "$folder/none.key" -ErrorAction Stop } }
    ) {
        $name = "$folder/$('n' * 300)"

        $Run | Should -Throw -ErrorId "OutputNameInvalid,LowMem.PowerShell.Commands.$($Command -replace '-')Command" -ExpectedMessage '*is too long*'

        Get-ChildItem -LiteralPath $folder | Should -BeNullOrEmpty
    }

    It 'is the longest one that can be written, and no longer' {
        $name = "$folder/$('n' * 250).json"

        (New-CheckpointManifest $sample -OutputPath $name).FullName | Should -BeExactly ([IO.Path]::GetFullPath($name))
        Remove-Item -LiteralPath $name
    }
}
