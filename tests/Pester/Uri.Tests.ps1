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

    It 'divides no work with others' {
        { Test-Checkpoint -Uri "$address/boring.pt" -Part 1/2 } | Should -Throw -ErrorId 'ParametersExclusive,*'
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
        { Test-Checkpoint -Uri "$address/" -Recurse } | Should -Throw -ErrorId 'ParametersExclusive*'
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

    It 'is stopped while a server says nothing' {
        $silent = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $silent.Start()
        $shell = [powershell]::Create()
        try {
            [void] $shell.AddScript($importModule).AddStatement().AddCommand('Get-CheckpointInfo').AddParameter('Uri', "http://$($silent.LocalEndpoint)/model.pt")
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
