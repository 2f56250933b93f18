BeforeAll {
    . "$PSScriptRoot/Setup.ps1"

    function New-Model {
        $folder = [IO.Path]::Combine($TestDrive, [Guid]::NewGuid().ToString('N'))
        $null = New-Item -ItemType Directory $folder
        Copy-Item -LiteralPath "$samples/boring.pt" "$folder/pytorch_model.bin"
        Set-Content -LiteralPath "$folder/config.json" '{}'
        $folder
    }

    $key = [Security.Cryptography.ECDsa]::Create([Security.Cryptography.ECCurve]::CreateFromFriendlyName('nistP256'))
    Set-Content -LiteralPath "$TestDrive/private.pem" $key.ExportPkcs8PrivateKeyPem()
    Set-Content -LiteralPath "$TestDrive/public.pem" $key.ExportSubjectPublicKeyInfoPem()
}

Describe 'New-CheckpointSignature' {
    It 'signs a directory that Test-Checkpoint verifies' {
        $model = New-Model
        $file = New-CheckpointSignature $model -PrivateKey "$TestDrive/private.pem"
        $file.FullName | Should -BeExactly ([IO.Path]::GetFullPath("$model/model.sig"))

        $verdict = Test-Checkpoint $model -Signature $file -PublicKey "$TestDrive/public.pem"
        $verdict.Passed | Should -BeTrue
        $verdict.Findings.Code | Should -Contain 'SignatureVerified'

        Add-Content -LiteralPath "$model/config.json" ' '
        $verdict = Test-Checkpoint $model -Signature $file -PublicKey "$TestDrive/public.pem"
        $verdict.Passed | Should -BeFalse
        $verdict.FirstFinding | Should -Match "^Error SignatureFileChanged: the file 'config.json'"
        { Assert-Checkpoint $model -Signature $file -PublicKey "$TestDrive/public.pem" } | Should -Throw '*config.json*'
    }

    It 'gives one verdict of a signed directory, with Recurse or without' {
        $model = New-Model
        $null = New-Item -ItemType Directory "$model/deep"
        Copy-Item -LiteralPath "$samples/boring.pt" "$model/deep/other.pt"
        $file = New-CheckpointSignature $model -PrivateKey "$TestDrive/private.pem"

        $plain = @(Test-Checkpoint $model -Signature $file -PublicKey "$TestDrive/public.pem")
        $recursed = @(Test-Checkpoint $model -Recurse -Signature $file -PublicKey "$TestDrive/public.pem")
        $recursed.Count | Should -Be 1
        $recursed[0].Path | Should -BeExactly $plain[0].Path
        $recursed[0].Passed | Should -BeTrue
        $recursed[0].TensorCount | Should -Be $plain[0].TensorCount

        Set-Content -LiteralPath "$model/added.txt" 'x'
        $verdict = Test-Checkpoint $model -Recurse -Signature $file -PublicKey "$TestDrive/public.pem"
        $verdict.FirstFinding | Should -Match "^Error SignatureFileUnsigned: .*'added.txt'"
    }

    It 'replaces a signature with Force alone, and a file of the model never' {
        $model = New-Model
        $null = New-CheckpointSignature $model -PrivateKey "$TestDrive/private.pem"
        { New-CheckpointSignature $model -PrivateKey "$TestDrive/private.pem" -ErrorAction Stop } | Should -Throw -ErrorId 'OutputExists,*'
        { New-CheckpointSignature $model -PrivateKey "$TestDrive/private.pem" -Force -ErrorAction Stop } | Should -Not -Throw

        $before = (Get-FileHash -LiteralPath "$model/pytorch_model.bin").Hash
        { New-CheckpointSignature $model "$model/pytorch_model.bin" -PrivateKey "$TestDrive/private.pem" -Force -ErrorAction Stop } |
            Should -Throw -ErrorId 'OutputIsInput,*'
        { New-CheckpointSignature $model "$TestDrive/private.pem" -PrivateKey "$TestDrive/private.pem" -Force -ErrorAction Stop } |
            Should -Throw -ErrorId 'OutputIsInput,*'
        (Get-FileHash -LiteralPath "$model/pytorch_model.bin").Hash | Should -Be $before
    }

    It 'writes nothing with WhatIf' {
        $model = New-Model
        New-CheckpointSignature $model -PrivateKey "$TestDrive/private.pem" -WhatIf
        Test-Path -LiteralPath "$model/model.sig" | Should -BeFalse
    }

    It 'verifies what the reference tool signed: <_>' -ForEach 'v1.1.0-elliptic-key', 'v1.0.1-elliptic-key' {
        $sample = "$fixtures/signing/samples/$_"
        $verdict = Test-Checkpoint $sample -Signature "$sample/model.sig" -PublicKey "$fixtures/signing/keys/signing-key-pub.pem" -SignatureIgnorePath ignore-me
        $verdict.Passed | Should -BeTrue
        $verdict.Findings.Code | Should -Be 'CheckpointAbsent', 'SignatureVerified'
    }

    It 'verifies what Sigstore signed and dated, and loads what that needs' {
        $sample = "$fixtures/signing/samples/v1.1.0-sigstore"
        $signer = @{ SignerIdentity = 'stefanb@us.ibm.com'; SignerIssuer = 'https://sigstore.verify.ibm.com/oauth2' }
        $verdict = Test-Checkpoint $sample -Signature "$sample/model.sig" -SignatureIgnorePath ignore-me -TrustedRoot "$fixtures/signing/keys/trusted_root.json" @signer
        $verdict.Findings.Code | Should -Be 'CheckpointAbsent', 'SignatureVerified'
    }

    It 'ships the hashes that a signature may need' {
        $module = (Get-Module LowMem).ModuleBase
        "$module/Blake3.dll" | Should -Exist
        "$module/Konscious.Security.Cryptography.Blake2.dll" | Should -Exist
    }

    It 'looks at a pickle in a signed directory that nothing but its content makes a checkpoint' {
        $model = New-Model
        Copy-Item "$fixtures/unsafe_os_system.pt" "$model/args.dat"
        New-CheckpointSignature $model -PrivateKey "$TestDrive/private.pem"
        $verdict = Test-Checkpoint $model -Signature "$model/model.sig" -PublicKey "$TestDrive/public.pem"
        $verdict.Passed | Should -BeFalse
        $verdict.FirstFinding | Should -BeLike "Error UnsafeGlobal: in 'args.dat': *"
        $verdict.Findings.Code | Should -Contain 'SignatureVerified'
    }

    It 'needs a signature and somebody to believe' {
        $model = New-Model
        { Test-Checkpoint $model -Signature x } | Should -Throw -ErrorId 'ParameterMissing,*'
        { Test-Checkpoint $model -PublicKey x } | Should -Throw -ErrorId 'ParameterMissing,*'
        { Test-Checkpoint $model -Signature x -PublicKey x -Certificate y } | Should -Throw -ErrorId 'ParametersExclusive,*'
        { Test-Checkpoint $model -Signature "$model/none" -PublicKey "$TestDrive/public.pem" -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointNotFound,*'
    }
}

Describe 'New-CheckpointManifest over an input' {
    It 'does not replace the index, nor weights through a link' {
        $model = New-Model
        Rename-Item -LiteralPath "$model/pytorch_model.bin" 'a.bin'
        $keys = (Get-CheckpointInfo "$model/a.bin").Key
        $map = @{}
        foreach ($name in $keys) { $map[$name] = 'a.bin' }
        Set-Content -LiteralPath "$model/pytorch_model.bin.index.json" (@{ weight_map = $map } | ConvertTo-Json)
        $null = New-Item -ItemType SymbolicLink -Path "$model/link" -Target "$model/a.bin"

        foreach ($name in 'pytorch_model.bin.index.json', 'a.bin', 'link') {
            { New-CheckpointManifest $model "$model/$name" -Force -ErrorAction Stop } | Should -Throw -ErrorId 'OutputIsInput,*'
        }
        (Test-Checkpoint $model).Passed | Should -BeTrue
    }
}
