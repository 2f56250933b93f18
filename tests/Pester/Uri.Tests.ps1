BeforeAll {
    . "$PSScriptRoot/Setup.ps1"

    # A server of its own process: it ends when its input does.
    function Start-FileServer([string] $Folder) {
        $start = [Diagnostics.ProcessStartInfo]::new('dotnet')
        $start.ArgumentList.Add("$root/tests/LowMem.TestServer/bin/Release/net10.0/LowMem.TestServer.dll")
        $start.ArgumentList.Add($Folder)
        $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
        [Diagnostics.Process]::Start($start)
    }

    function Stop-FileServer($Process) {
        $Process.StandardInput.Close()
        [void] $Process.WaitForExit(10000)
    }
}

Describe '-Uri' {
    BeforeAll {
        & dotnet build "$root/tests/LowMem.TestServer" -c Release -v quiet --nologo | Out-Null
        $folder = New-Item -ItemType Directory "$TestDrive/www"
        Copy-Item "$samples/boring.pt", "$fixtures/sharded-safetensors" $folder -Recurse
        Copy-Item "$samples/boring.pt" "$folder/odd[1].pt"
        $env:LOWMEM_CACHE = "$TestDrive/cache"
        $server = Start-FileServer $folder
        $address, $other = $server.StandardOutput.ReadLine() -split ' '
        $token = [securestring]::new()
        'secret'.ToCharArray().ForEach{ $token.AppendChar($_) }
    }

    AfterAll {
        $env:LOWMEM_CACHE = $null
        Stop-FileServer $server
    }

    It 'lists a file as from the disk' {
        $remote = Get-CheckpointInfo -Uri "$address/boring.pt"

        ($remote | Select-Object Key, DType, Shape, Offset | ConvertTo-Json) |
            Should -Be (Get-CheckpointInfo "$samples/boring.pt" | Select-Object Key, DType, Shape, Offset | ConvertTo-Json)
        $remote[0].Path | Should -BeExactly "$address/boring.pt"
        $remote[0].Checkpoint | Should -BeExactly "$address/boring.pt"
    }

    It 'lists shards by their index and by their directory, and sums them up' {
        $byIndex = Get-CheckpointInfo -Uri "$address/sharded-safetensors/model.safetensors.index.json" -Summary
        $byFolder = Get-CheckpointInfo -Uri "$address/sharded-safetensors/" -Summary

        $byIndex.ShardCount, $byFolder.ShardCount | Should -Be @(2, 2)
        $byFolder.TensorCount | Should -Be (Get-CheckpointInfo "$fixtures/sharded-safetensors" -Summary).TensorCount
    }

    It 'is a drive, whose items go into the cmdlets' {
        [void] (New-PSDrive web Checkpoint "$address/boring.pt" -Token $token -AllowUnencrypted -Scope Global)

        @(Get-ChildItem web:/ -Recurse | Where-Object { $_ -is [LowMem.Checkpoints.TensorInfo] }).Count | Should -Be 8
        (Get-Item (Get-Item web:/in_proj/bias).PSPath).Key | Should -BeExactly 'in_proj.bias'
        (Get-Item web:/in_proj | Get-CheckpointTensor -Hash | Sort-Object Key).Hash |
            Should -Be (Get-CheckpointTensor "$samples/boring.pt" -Key in_proj.* -Hash | Sort-Object Key).Hash
        Remove-PSDrive web
    }

    It 'says with -Verbose what was fetched, and nothing secret' {
        $lines = @(Get-CheckpointInfo -Uri "$address/boring.pt?signature=secret" -Summary -Verbose 4>&1) -as [string[]]

        ($lines -match "^$([regex]::Escape("$address/boring.pt")): 2 requests, \d+ bytes fetched\.$").Count | Should -Be 1
        $lines -match 'secret' | Should -BeNullOrEmpty
    }

    It 'writes the manifest of a checkpoint on a server' {
        New-CheckpointManifest -Uri "$address/boring.pt" -OutputPath "$TestDrive/boring.manifest.json" | Should -Not -BeNullOrEmpty

        (Test-Checkpoint "$samples/boring.pt" -Manifest "$TestDrive/boring.manifest.json").Passed | Should -BeTrue
        (Test-Checkpoint -Uri "$address/boring.pt" -Manifest "$TestDrive/boring.manifest.json").Passed | Should -BeTrue
        { New-CheckpointManifest -Uri "$address/boring.pt" } | Should -Throw -ErrorId 'ParameterMissing,*'
    }

    It 'divides the work with others, and tells them nothing secret' {
        $uri = "$address/locked/boring.pt?signature=secret"
        $asked = @{ Token = $token; Headers = @{ 'X-Key' = 'secret' }; AllowUnencrypted = $true }
        $lines = [Collections.Generic.List[string]]::new()
        $run = {
            param($Work)
            1..3 | ForEach-Object { & $Work "$_/3" *>&1 } | ForEach-Object { $_ -is [LowMem.Checkpoints.Parts.CheckpointPart] ? $_ : $lines.Add("$_") }
        }
        $tested = & $run { Test-Checkpoint -Uri $uri @asked -Level Values -Part $args[0] -Verbose }
        $figures = & $run { Get-CheckpointTensor -Uri $uri @asked -Hash -Part $args[0] -Verbose }
        $hashed = & $run { New-CheckpointManifest -Uri $uri @asked -OutputPath "$TestDrive/parts.json" -Part $args[0] -Verbose }
        $written = & $run { Convert-Checkpoint -Uri $uri @asked "$TestDrive/parts.safetensors" -Part $args[0] -Verbose }

        $verdict = $tested | Join-CheckpointPart
        $whole = Test-Checkpoint -Uri $uri @asked -Level Values
        $verdict | Select-Object * -ExcludeProperty BytesRead, Duration | ConvertTo-Json -Depth 4 |
            Should -BeExactly ($whole | Select-Object * -ExcludeProperty BytesRead, Duration | ConvertTo-Json -Depth 4)
        $verdict.Path | Should -BeExactly "$address/locked/boring.pt"
        ($figures | Join-CheckpointPart | ConvertTo-Json -Depth 4) | Should -BeExactly (Get-CheckpointTensor -Uri $uri @asked -Hash | ConvertTo-Json -Depth 4)
        [void] ($hashed | Join-CheckpointPart)
        New-CheckpointManifest -Uri $uri @asked -OutputPath "$TestDrive/one.json"
        (Get-FileHash "$TestDrive/parts.json").Hash | Should -Be (Get-FileHash "$TestDrive/one.json").Hash
        [void] ($written | Join-CheckpointPart)
        Compare-Checkpoint "$samples/boring.pt" "$TestDrive/parts.safetensors" -Quiet | Should -BeTrue

        $lines -match 'requests, \d+ bytes fetched' | Should -Not -BeNullOrEmpty
        "$lines" | Should -Not -Match 'secret'
        $tested, $figures, $hashed, $written | ForEach-Object { $_ } | ConvertTo-Json -Depth 4 | Should -Not -Match 'secret'
    }

    It 'says in a part what could not be read, and nothing secret' {
        $parts = 1, 2 | ForEach-Object { Test-Checkpoint -Uri "$address/none.pt?secret=1", 'https://user:secret@host/x', "$address/boring.pt" -Part "$_/2" -ErrorAction SilentlyContinue }

        $joined = @($parts | Join-CheckpointPart -ErrorAction SilentlyContinue -ErrorVariable problems)

        $joined.Path | Should -BeExactly "$address/boring.pt"
        $problems.FullyQualifiedErrorId -replace ',.*' | Sort-Object | Should -Be @('CheckpointNotFound', 'UriInvalid')
        "$problems $($parts | ConvertTo-Json)" | Should -Not -Match 'secret'
    }

    It 'verifies a signature and a manifest, from here and from beside the checkpoint' {
        $key = [Security.Cryptography.ECDsa]::Create([Security.Cryptography.ECCurve]::CreateFromFriendlyName('nistP256'))
        Set-Content "$TestDrive/private.pem" $key.ExportPkcs8PrivateKeyPem()
        Set-Content "$TestDrive/public.pem" $key.ExportSubjectPublicKeyInfoPem()
        $signed = New-Item -ItemType Directory "$folder/signed"
        Copy-Item "$fixtures/sharded-safetensors" $signed -Recurse
        $file = New-CheckpointSignature $signed -PrivateKey "$TestDrive/private.pem" -OutputPath "$signed/model.sig"
        Copy-Item $file "$TestDrive/elsewhere.sig"
        $manifest = New-CheckpointManifest "$signed/sharded-safetensors" "$signed/manifest.json"
        $trust = @{ PublicKey = "$TestDrive/public.pem" }

        foreach ($signature in "$TestDrive/elsewhere.sig", "$address/signed/model.sig?secret=1") {
            $verdict = Test-Checkpoint -Uri "$address/signed/sharded-safetensors/" -Level Checksum -Signature $signature @trust -Manifest "$address/signed/manifest.json?secret=1"
            $verdict.Passed | Should -BeTrue
            ($verdict.Findings | Where-Object Code -EQ SignatureVerified).Message | Should -BeLike '*; 3 files are as signed'
            $part = Test-Checkpoint -Uri "$address/signed/sharded-safetensors/" -Signature $signature @trust -Manifest "$address/signed/manifest.json?secret=1" -Part 1/1
            $part.Record | Should -Not -Match 'secret'
            ($part | Join-CheckpointPart).Passed | Should -BeTrue
        }

        $verdict = Test-Checkpoint -Uri "$address/boring.pt" -Signature "$TestDrive/elsewhere.sig" @trust
        $verdict.Passed | Should -BeFalse
        $verdict.FirstFinding | Should -Match "^Error SignatureFileUnsigned: the file 'boring.pt'"
        $manifest | Should -Not -BeNullOrEmpty
    }

    It 'makes a manifest by the names that files have on a disk' {
        New-CheckpointManifest -Uri "$address/odd%5B1%5D.pt" -OutputPath "$TestDrive/odd.json"

        (Test-Checkpoint -LiteralPath "$folder/odd[1].pt" -Manifest "$TestDrive/odd.json").Passed | Should -BeTrue
        Copy-Item "$samples/boring.pt" "$folder/ä b#c+d.pt"
        $parts = foreach ($number in 1, 2) {
            # However it is written, it is one address.
            $uri = $number -eq 1 ? "$address/ä b%23c+d.pt" : "$address/%C3%A4%20b%23c+d.pt"
            New-CheckpointManifest -Uri $uri -OutputPath "$TestDrive/odder.json" -Part "$number/2"
        }
        [void] ($parts | Join-CheckpointPart)
        (Test-Checkpoint "$folder/ä b#c+d.pt" -Manifest "$TestDrive/odder.json").Passed | Should -BeTrue
    }

    It 'does not take an address for a path of its own machine, and does not show it' {
        foreach ($run in
            { New-CheckpointManifest -Uri "$address/boring.pt" -OutputPath 'https://host/x?secret=1' -ErrorAction Stop },
            { Convert-Checkpoint -Uri "$address/boring.pt" 'hf://owner/repo/x?secret' -ErrorAction Stop },
            { Test-Checkpoint -Uri "$address/boring.pt" -Signature "$TestDrive/x.sig" -PublicKey 'https://host/x?secret=1' -ErrorAction Stop },
            { Join-CheckpointPart 'https://host/x?secret=1' -ErrorAction Stop }) {
            $problem = $run | Should -Throw -PassThru
            $problem.FullyQualifiedErrorId | Should -BeLike 'PathNotFileSystem,*'
            "$problem" | Should -Not -Match 'secret'
        }
    }

    It 'gives an error for each address that cannot be read, and goes on' {
        $found = Get-CheckpointInfo -Uri "$address/none.pt?signature=secret", 'mailto:secret', "https://user:secret@host/x", "$address/boring.pt" -ErrorAction SilentlyContinue -ErrorVariable problems

        $found.Count | Should -Be 8
        $problems.FullyQualifiedErrorId -replace ',.*' | Should -Be @('CheckpointNotFound', 'UriInvalid', 'UriInvalid')
        $problems[0].TargetObject | Should -BeExactly "$address/none.pt"
        "$problems $($problems.Exception)" | Should -Not -Match 'secret'
    }

    It 'reads the values of tensors that come down the pipeline' {
        $figures = @(Get-CheckpointInfo -Uri "$address/boring.pt" | Where-Object Key -Like '*.bias' | Get-CheckpointTensor -Hash)

        $figures.Hash | Should -Be (Get-CheckpointTensor "$samples/boring.pt" -Key *.bias -Hash).Hash
    }

    It 'tests, and says what is not there' {
        (Test-Checkpoint -Uri "$address/boring.pt" -Level Values).Passed | Should -BeTrue
        { Assert-Checkpoint -Uri "$address/boring.pt" -Level Checksum } | Should -Not -Throw
        { Test-Checkpoint -Uri "$address/" -Recurse } | Should -Throw -ErrorId 'ParametersExclusive*' -ExpectedMessage '*does not tell what is in a directory. Name each checkpoint*'
    }

    It 'compares in every combination' {
        Compare-Checkpoint "$samples/boring.pt" -Uri "$address/boring.pt" -Quiet | Should -BeTrue
        Compare-Checkpoint -ReferenceUri "$address/boring.pt" "$samples/boring.pt" -Quiet | Should -BeTrue
        Compare-Checkpoint -ReferenceUri "$address/boring.pt" -Uri "$address/boring.pt", "$address/odd%5B1%5D.pt" -Quiet | Should -Be @($true, $true)
    }

    It 'converts to a local file' {
        $report = Convert-Checkpoint -Uri "$address/boring.pt" "$TestDrive/out.safetensors" -PassThru -Verify

        $report.TensorCount | Should -Be 8
        Compare-Checkpoint "$samples/boring.pt" "$TestDrive/out.safetensors" -Quiet | Should -BeTrue
    }

    It 'loads mapped and resident, with the same values' {
        (Measure-ModelMemory -Uri "$address/boring.pt").TensorCount | Should -Be 8
        $expectedValues = Get-FloatValue (Import-ModelLowMemory "$samples/boring.pt" (New-BoringSkeleton)) in_proj.weight
        foreach ($how in @{}, @{ Resident = $true }, @{ NoCache = $true }) {
            $model = Import-ModelLowMemory -Uri "$address/boring.pt" -Module (New-BoringSkeleton) @how
            Get-FloatValue $model in_proj.weight | Should -Be $expectedValues
            $model.LoadReport.Mode | Should -BeExactly ($how.Resident ? 'Resident' : 'Mapped')
        }

        @(Get-ChildItem "$TestDrive/cache/content").Count | Should -Be 1
    }

    It 'sends a token over plain http only when that is allowed' {
        $problem = { Get-CheckpointInfo -Uri "$address/locked/boring.pt" -Token $token -ErrorAction Stop } | Should -Throw -PassThru
        $problem.FullyQualifiedErrorId | Should -BeLike 'RemoteUnencrypted,*'
        $problem.CategoryInfo.Category | Should -Be 'SecurityError'

        (Get-CheckpointInfo -Uri "$address/locked/boring.pt" -Token $token -AllowUnencrypted).Count | Should -Be 8
        { Get-CheckpointInfo -Uri "$address/locked/boring.pt" -ErrorAction Stop } | Should -Throw -ErrorId 'CheckpointAccessDenied,*'
    }

    It 'takes an address for -Path as what it is' {
        $problem = { Get-CheckpointInfo "https://host/model.pt?signature=secret" -ErrorAction Stop } | Should -Throw -PassThru

        $problem.FullyQualifiedErrorId | Should -BeLike 'PathNotFileSystem,*'
        "$problem" | Should -BeLike '*give it with -Uri*'
        "$problem" | Should -Not -Match 'secret'
    }

    It 'completes keys of a server that the command names in plain text: <Command>' -ForEach @(
        @{ Command = "Get-CheckpointInfo -Uri '<address>/boring.pt' -Key in_p" }
        @{ Command = "Get-CheckpointTensor -Uri <address>/boring.pt -Key in_p" }
        @{ Command = "Test-Checkpoint -Uri '<address>/none.pt', '<address>/boring.pt' -AllowNonFinite in_p" }
        @{ Command = "Import-ModelLowMemory -Uri '<address>/boring.pt' -Include in_p" }
        @{ Command = "Get-CheckpointInfo -Uri '<address>/locked/boring.pt' -Token `$LowMemToken -AllowUnencrypted -Key in_p" }
    ) {
        Set-Variable LowMemToken $token -Scope Global
        $line = $Command.Replace('<address>', $address)
        $found = [Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches

        $found.CompletionText | Should -Be @('in_proj.weight', 'in_proj.bias')
        if ($Command -notlike 'Import*') { $found[0].ToolTip | Should -BeExactly 'in_proj.weight  [10, 2] float32  80 B' }
        Remove-Variable LowMemToken -Scope Global
    }

    It 'asks no server to complete <Name>' -ForEach @(
        @{ Name = 'an address that a variable holds'; Command = 'Get-CheckpointInfo -Uri $LowMemAddress -Key in_p' }
        @{ Name = 'an address with a variable in it'; Command = 'Get-CheckpointInfo -Uri "$LowMemAddress" -Key in_p' }
        @{ Name = 'an address with a token that is not known'; Command = 'Get-CheckpointInfo -Uri <address> -Token (Get-Secret) -Key in_p' }
        @{ Name = 'a token that would go unencrypted'; Command = 'Get-CheckpointInfo -Uri <address> -Token $LowMemToken -Key in_p' }
        @{ Name = 'what is no address'; Command = 'Get-CheckpointInfo -Uri ftp://127.0.0.1/x -Key in_p' }
    ) {
        $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $listener.Start()
        try {
            Set-Variable LowMemAddress "http://$($listener.LocalEndpoint)/boring.pt" -Scope Global
            Set-Variable LowMemToken $token -Scope Global
            $line = $Command.Replace('<address>', "'$LowMemAddress'")
            @([Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches.CompletionText) -like 'in_p*' | Should -BeNullOrEmpty
            $listener.Pending() | Should -BeFalse
        }
        finally {
            Remove-Variable LowMemAddress, LowMemToken -Scope Global
            $listener.Stop()
        }
    }

    It 'does not let the prompt wait for a server that says nothing' {
        $silent = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $silent.Start()
        try {
            $line = "Get-CheckpointInfo -Uri 'http://$($silent.LocalEndpoint)/model.pt' -Key in_p"
            $completion = [powershell]::Create().AddScript("$importModule; [Management.Automation.CommandCompletion]::CompleteInput(`$args[0], `$args[0].Length, `$null).CompletionMatches.CompletionText").AddArgument($line)
            $running = $completion.BeginInvoke()

            # It ends while the server still has the question: nothing but its own patience ends it.
            $running.AsyncWaitHandle.WaitOne(60000) | Should -BeTrue
            $silent.Pending() | Should -BeTrue
            @($completion.EndInvoke($running)) -like 'in_p*' | Should -BeNullOrEmpty
        }
        finally {
            $completion.Dispose()
            $silent.Stop()
        }
    }

    It 'is stopped while a server says nothing: <Command>' -TestCases @(
        @{ Command = 'Get-CheckpointInfo'; More = @{} }
        @{ Command = 'Test-Checkpoint'; More = @{ Part = '2/3'; Level = 'Values' } }
    ) {
        $silent = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $silent.Start()
        $shell = [powershell]::Create()
        try {
            [void] $shell.AddScript($importModule).AddStatement().AddCommand($Command).AddParameters($More).AddParameter('Uri', "http://$($silent.LocalEndpoint)/model.pt")
            $running = $shell.BeginInvoke()
            $accepted = $silent.AcceptTcpClient()
            $shell.EndStop($shell.BeginStop($null, $null))

            $running.AsyncWaitHandle.WaitOne(30000) | Should -BeTrue
            $shell.InvocationStateInfo.State | Should -Be 'Stopped'
            $accepted.Dispose()
        }
        finally {
            $shell.Dispose()
            $silent.Stop()
        }
    }

    It 'loads nothing for servers as long as none is named' {
        $found = Invoke-ChildScript "$importModule; Get-CheckpointInfo '$samples/boring.pt' | Out-Null; [AppDomain]::CurrentDomain.GetAssemblies().GetName().Name -like 'Polly*'"

        $found | Should -BeNullOrEmpty
    }
}
