# What comes down the pipeline, and the paths and patterns that people write.

BeforeAll {
    . "$PSScriptRoot/Setup.ps1"

    $null = New-Item -ItemType Directory "$TestDrive/names"
    foreach ($name in 'plain.pt', 'a[1].pt', "it's a `u{fc}`u{1f600}.pt") {
        [IO.File]::Copy("$samples/boring.pt", "$TestDrive/names/$name")
    }

    $bracket = [IO.Path]::Combine($TestDrive, 'names', 'a[1].pt')
    $plain = [IO.Path]::Combine($TestDrive, 'names', 'plain.pt')

    # As a job or another machine hands it over.
    function Get-Copy($Object) {
        $Object | ForEach-Object { [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($_, 1)) }
    }
}

Describe 'Objects of one checkpoint' {
    It 'name it once, in the order in which they come: <Name>' -ForEach @(
        @{ Name = 'tensors'; Make = { Get-CheckpointInfo -LiteralPath $plain, $bracket } }
        @{ Name = 'tensors in another order'; Make = { Get-CheckpointInfo -LiteralPath $plain, $bracket | Sort-Object Key -Stable } }
        @{ Name = 'tensors from a job'; Make = { Get-Copy (Get-CheckpointInfo -LiteralPath $plain, $bracket) } }
        @{ Name = 'rows of a CSV file of tensors'; Make = { Get-CheckpointInfo -LiteralPath $plain, $bracket | ConvertTo-Csv | ConvertFrom-Csv } }
        @{ Name = 'parts of tensors'; Make = { Get-CheckpointInfo -LiteralPath $plain, $bracket | Select-Object Key, Checkpoint } }
        @{ Name = 'keys and files'; Make = { Get-CheckpointInfo -LiteralPath $plain, $bracket | Select-Object Key, Path } }
        @{ Name = 'summaries'; Make = { Get-CheckpointInfo -LiteralPath $plain, $bracket -Summary } }
        @{ Name = 'verdicts'; Make = { Test-Checkpoint -LiteralPath $plain, $bracket } }
        @{ Name = 'verdicts from a job'; Make = { Get-Copy (Test-Checkpoint -LiteralPath $plain, $bracket) } }
        @{ Name = 'rows of a CSV file of summaries'; Make = { Get-CheckpointInfo -LiteralPath $plain, $bracket -Summary | ConvertTo-Csv | ConvertFrom-Csv } }
        @{ Name = 'estimates'; Make = { Measure-ModelMemory -LiteralPath $plain, $bracket } }
        @{ Name = 'files'; Make = { Get-Item -LiteralPath $plain, $bracket } }
        @{ Name = 'files from a job'; Make = { Get-Copy (Get-Item -LiteralPath $plain, $bracket) } }
        @{ Name = 'paths of Resolve-Path'; Make = { Resolve-Path -LiteralPath $plain, $bracket } }
    ) {
        @(& $Make | Test-Checkpoint).Path | Should -BeExactly @($plain, $bracket)
        @(& $Make | Get-CheckpointInfo -Summary).Path | Should -BeExactly @($plain, $bracket)
        @(& $Make | Assert-Checkpoint -PassThru) | Should -BeExactly @($plain, $bracket)
    }

    It 'name it once for <_>' -ForEach 'Measure-ModelMemory', 'Import-ModelLowMemory', 'New-ModelSkeleton' {
        @(Get-CheckpointInfo -LiteralPath $bracket | & $_).Count | Should -Be 1
    }

    It 'name it once for New-CheckpointManifest' {
        $written = @(Get-CheckpointInfo -LiteralPath $bracket | New-CheckpointManifest)
        $written.Name | Should -BeExactly 'a[1].pt.manifest.json'
    }

    It 'name the set, and not the shard that holds them' {
        @(Get-CheckpointInfo "$fixtures/sharded-bin" | Test-Checkpoint).Path | Should -BeExactly ([IO.Path]::GetFullPath("$fixtures/sharded-bin"))
    }

    It 'are taken as an argument as well, among text' {
        @(Test-Checkpoint -Path (Get-Item -LiteralPath $bracket), $plain).Path | Should -BeExactly @($bracket, $plain)
    }

    It 'do not keep a path from being named twice by hand' {
        @($plain, $plain | Test-Checkpoint -Quiet).Count | Should -Be 2
    }
}

Describe 'Rows with a Path' {
    It 'name a file of that very name, else what the pattern matches' {
        $rows = [pscustomobject]@{ Path = $bracket }, [pscustomobject]@{ Path = "$TestDrive/names/pl*.pt" }
        @($rows | Test-Checkpoint).Path | Should -BeExactly @($bracket, $plain)
    }

    It 'name nothing when there is no path among them, and the rest goes on' {
        $rows = [pscustomobject]@{ Foo = 1 }, [pscustomobject]@{ Path = $plain }
        @($rows | Test-Checkpoint -Quiet -ErrorAction SilentlyContinue -ErrorVariable problems).Count | Should -Be 1
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'InputObjectNotBound,*'
    }

    It 'is no other object' {
        { Test-Checkpoint @{ a = 1 } } | Should -Throw '*A path was expected, and a Hashtable names none*'
        { Get-Item -LiteralPath $plain | Import-ModelLowMemory (New-BoringSkeleton) } | Should -Throw '*-Module*'
    }
}

Describe 'A module from the pipeline' {
    It 'is loaded with the checkpoint that <Name> names' -ForEach @(
        @{ Name = 'the first argument'; Script = { New-BoringSkeleton | Import-ModelLowMemory $plain } }
        @{ Name = '-Path'; Script = { New-BoringSkeleton | Import-ModelLowMemory -Path $plain -Resident } }
        @{ Name = '-LiteralPath'; Script = { New-BoringSkeleton | Import-ModelLowMemory -LiteralPath $bracket } }
    ) {
        $model = & $Script
        $model.LoadReport.TensorCount | Should -Be 8
        Get-FloatValue $model 'in_proj.weight' | Should -Be (Get-ExpectedValue 'in_proj.weight')
    }

    It 'leaves the path to the pipeline when it is an argument' {
        ($plain | Import-ModelLowMemory -Module (New-BoringSkeleton)).LoadReport.Path | Should -BeExactly $plain
        (Get-Item -LiteralPath $bracket | Import-ModelLowMemory -Module (New-BoringSkeleton)).LoadReport.Path | Should -BeExactly $bracket
    }

    It 'is measured' {
        (New-BoringSkeleton | Measure-ModelMemory $plain).TensorCount | Should -Be 8
        ($plain | Measure-ModelMemory).TensorCount | Should -Be 8
        { Measure-ModelMemory $plain -Module 'Linear' } | Should -Throw '*TorchSharp module is needed*'
    }
}

Describe 'Names' {
    It 'may have blanks, quotes, letters beyond ASCII and emoji' {
        @(Get-ChildItem "$TestDrive/names" -Filter '*.pt' | Get-CheckpointInfo -Summary -ErrorAction Stop).Count | Should -Be 3
        @(Test-Checkpoint "$TestDrive/names/it's*.pt").Path | Should -BeLike "*`u{fc}`u{1f600}.pt"
    }
}

Describe 'Patterns that are none' {
    It 'are one error each, and what else was asked for is there' {
        $tensors = @(Get-CheckpointInfo $plain -Key 'a[', 'in_proj*' -ErrorAction SilentlyContinue -ErrorVariable problems)
        $tensors.Key | Should -Be @('in_proj.weight', 'in_proj.bias')
        $problems.Count | Should -Be 1
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'WildcardInvalid,*'
        $problems[0].Exception.Message | Should -BeLike "'a``[' is no wildcard pattern*"

        $parameters = @(New-BoringSkeleton | Get-ModuleParameter -Key '[', '*.bias' -ErrorAction SilentlyContinue -ErrorVariable problems)
        $parameters.Count | Should -Be 4
        $problems.FullyQualifiedErrorId | Should -BeLike 'WildcardInvalid,*'
    }

    It 'are one error for each file that they are to be used on: <Name>' -ForEach @(
        @{ Name = 'Test-Checkpoint -AllowGlobal'; Script = { Test-Checkpoint $plain, $bracket -AllowGlobal 'a[', 'b.*' -ErrorAction SilentlyContinue -ErrorVariable problems; $problems } }
        @{ Name = 'Test-Checkpoint -AllowNonFinite'; Script = { Test-Checkpoint $plain -AllowNonFinite '[' -ErrorAction SilentlyContinue -ErrorVariable problems; $problems } }
        @{ Name = 'Import-ModelLowMemory -Include'; Script = { Import-ModelLowMemory $plain -Include 'a[' -ErrorAction SilentlyContinue -ErrorVariable problems; $problems } }
        @{ Name = 'Import-ModelLowMemory -Exclude'; Script = { Import-ModelLowMemory $plain -Exclude '*', 'a[' -ErrorAction SilentlyContinue -ErrorVariable problems; $problems } }
    ) {
        $written = @(& $Script)
        $written[0] | Should -BeOfType [Management.Automation.ErrorRecord]
        $written[0].FullyQualifiedErrorId | Should -BeLike 'WildcardInvalid,*'
    }

    It 'open no gate' {
        Test-Checkpoint $plain -AllowGlobal 'a[' -Quiet | Should -BeFalse
        { Assert-Checkpoint $plain -AllowGlobal 'a[' } | Should -Throw '*Error WildcardInvalid: ''a`['' is no wildcard pattern*'
    }

    It 'are an error as a path, and the next path is read' {
        @(Get-CheckpointInfo 'a[', $plain -Summary -ErrorAction SilentlyContinue -ErrorVariable problems).Count | Should -Be 1
        $problems.Count | Should -Be 1
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'WildcardInvalid,*'
    }
}

Describe 'Paths of no file system' {
    It 'are one error each, and the rest goes on: <Parameter>' -ForEach @{ Parameter = 'Path' }, @{ Parameter = 'LiteralPath' } {
        $paths = @{ $Parameter = 'Q:\x', 'Env:\x', 'Env:\PATH', 'Variable:\x', 'Nope::x', $plain }
        @(Get-CheckpointInfo @paths -Summary -ErrorAction SilentlyContinue -ErrorVariable problems).Count | Should -Be 1
        @($problems.ForEach({ $_.FullyQualifiedErrorId.Split(',')[0] })) |
            Should -Be @('CheckpointNotFound', 'PathNotFileSystem', 'PathNotFileSystem', 'PathNotFileSystem', 'CheckpointNotFound')
        $problems[0].Exception.Message | Should -BeLike 'Q:\x: *''Q''*'
    }

    It 'are refused as an output, and nothing is written: <Name>' -ForEach @(
        @{ Name = 'New-CheckpointManifest'; Script = { param($path) New-CheckpointManifest $plain -OutputPath $path } }
        @{ Name = 'New-CheckpointSignature'; Script = { param($path) New-CheckpointSignature $plain -OutputPath $path -PrivateKey key.pem } }
        @{ Name = 'Export-CheckpointVerdict'; Script = { param($path) Test-Checkpoint $plain | Export-CheckpointVerdict $path -Format Csv } }
        @{ Name = 'Export-CheckpointVerdict -BasePath'; Script = { param($path) Test-Checkpoint $plain | Export-CheckpointVerdict verdicts.csv -BasePath $path } }
    ) {
        $null = New-Item -ItemType Directory "$TestDrive/empty" -Force
        Push-Location "$TestDrive/empty"
        try {
            foreach ($path in 'Env:\foo', 'Variable:\foo') {
                { & $Script $path } | Should -Throw -ErrorId 'PathNotFileSystem,*' -ExpectedMessage "*'$path' is a path of the provider *"
            }

            { & $Script 'Q:\foo' } | Should -Throw -ErrorId 'CheckpointNotFound,*'
            @(Get-ChildItem).Count | Should -Be 0
        }
        finally {
            Pop-Location
        }
    }

    It 'are refused as an input of any kind: <Name>' -ForEach @(
        @{ Name = '-Manifest'; Script = { Test-Checkpoint $plain -Manifest Env:\foo } }
        @{ Name = '-PublicKey'; Script = { Test-Checkpoint $plain -Signature model.sig -PublicKey Env:\foo } }
        @{ Name = '-PrivateKey'; Script = { New-CheckpointSignature $plain "$TestDrive/out.sig" -PrivateKey Env:\foo } }
        @{ Name = '-Checkpoint'; Script = { New-ModelSkeleton -Checkpoint Env:\foo } }
        @{ Name = '-AssemblyPath'; Script = { New-ModelSkeleton -AssemblyPath Env:\foo -TypeName Foo } }
    ) {
        { & $Script } | Should -Throw -ErrorId 'PathNotFileSystem,*'
    }

    It 'are where one is, and a file is named in full all the same' {
        Push-Location Env:
        try {
            (Get-CheckpointInfo "FileSystem::$plain" -Summary).Path | Should -BeExactly $plain
            (Get-Item -LiteralPath "FileSystem::$bracket" | Get-CheckpointInfo -Summary).Path | Should -BeExactly $bracket
            { Get-CheckpointInfo 'plain.pt' } | Should -Throw -ErrorId 'PathNotFileSystem,*'
        }
        finally {
            Pop-Location
        }
    }
}
