# Samples of fleets, against a real sshd on loopback where there is one: four addresses are four machines.
BeforeDiscovery {
    $sshd = @(Get-Command -Name sshd -CommandType Application -ErrorAction Ignore)[0].Source ?? @('/usr/sbin/sshd' | Where-Object { [IO.File]::Exists($_) })[0]
    $keygen = @(Get-Command -Name ssh-keygen -CommandType Application -ErrorAction Ignore)[0].Source
    # macOS has one address on loopback, Windows another way to be a server.
    $noFleet = if (-not $IsLinux) { 'the four addresses on loopback are those of Linux' }
    elseif (-not $sshd) { 'sshd is not installed (openssh-server)' }
    elseif (-not $keygen) { 'ssh-keygen is not installed (openssh-client)' }
    if ($noFleet) { Write-Host "The fleet is not tested: $noFleet." -ForegroundColor Yellow }
}

BeforeAll {
    . "$PSScriptRoot/Setup.ps1"

    # A script in a process of its own, with its exit code.
    function Invoke-Sample([string] $Name, [hashtable] $Parameters) {
        $arguments = @(foreach ($parameter in $Parameters.GetEnumerator()) {
                if ($parameter.Value -is [bool]) { if ($parameter.Value) { "-$($parameter.Key)" } }
                else { "-$($parameter.Key)"; $parameter.Value }
            })
        $command = @(Get-PowerShellCommand)
        $start = [Diagnostics.ProcessStartInfo]::new($command[0])
        foreach ($argument in @($command | Select-Object -Skip 1) + '-NoProfile', '-NonInteractive', '-File', "$samples/fleet/$Name" + $arguments) { $start.ArgumentList.Add("$argument") }
        $start.RedirectStandardOutput = $start.RedirectStandardError = $true
        [Diagnostics.Process]::Start($start)
    }
}

Describe 'A part as a script' {
    BeforeEach {
        $folder = [IO.Directory]::CreateTempSubdirectory('lowmem-test-').FullName
        $models = (New-Item -ItemType Directory "$folder/models").FullName
        foreach ($name in 'boring-model.pt', 'containers.pt', 'dtypes.pt') { Copy-Item -LiteralPath "$fixtures/$name" -Destination $models }
        $reports = "$folder/reports"
    }
    AfterEach { Remove-Item -LiteralPath $folder -Recurse -Force }

    It 'keeps its part, and the join tells of the whole' {
        foreach ($index in 0, 1) {
            $process = Invoke-Sample Test-Part.ps1 @{ Index = $index; Count = 2; Path = $models; ReportDirectory = $reports }
            $process.WaitForExit()
            $process.ExitCode | Should -Be 0 -Because $process.StandardError.ReadToEnd()
        }
        (Get-ChildItem $reports).Name | Should -Be 'part-00001-of-00002.json', 'part-00002-of-00002.json'
        $process = Invoke-Sample Join-Part.ps1 @{ ReportDirectory = $reports }
        $process.WaitForExit()
        $process.ExitCode | Should -Be 0
        $process.StandardOutput.ReadToEnd().Trim() | Should -Be '3 passed, 0 failed, 0 not tested'
        (Get-Content "$reports/verdicts.jsonl").Count | Should -Be 3

        Remove-Item "$reports/part-00002-of-00002.json"
        $process = Invoke-Sample Join-Part.ps1 @{ ReportDirectory = $reports }
        $process.WaitForExit()
        $process.ExitCode | Should -Be 2
        $process.StandardError.ReadToEnd() | Should -Match 'missing: 2/2'
    }

    It 'ends with <Code> when <What>' -TestCases @(
        @{ Code = 1; What = 'something is wrong in its share'; Part = '1/1'; Change = { Copy-Item "$fixtures/bad-truncated-zip.pt" $models } }
        @{ Code = 2; What = 'there is nothing to test'; Part = '1/1'; Change = { Remove-Item $models -Recurse } }
        @{ Code = 64; What = 'there is no such part'; Part = '3/2'; Change = { } }
    ) {
        & $Change
        $process = Invoke-Sample Test-Part.ps1 @{ Part = $Part; Path = $models; ReportDirectory = $reports }
        $process.WaitForExit()
        $process.ExitCode | Should -Be $Code
    }
}

Describe 'A fleet over SSH' -Skip:([bool]$noFleet) {
    BeforeAll {
        $sshd = @(Get-Command -Name sshd -CommandType Application -ErrorAction Ignore)[0].Source ?? '/usr/sbin/sshd'
        $folder = [IO.Directory]::CreateTempSubdirectory('lowmem-sshd-').FullName
        $models = (New-Item -ItemType Directory "$folder/models").FullName
        foreach ($number in 1..12) { Copy-Item -LiteralPath "$fixtures/boring-model.pt" -Destination "$models/model-$number.pt" }
        foreach ($key in 'host', 'user') { ssh-keygen -q -t ed25519 -N '' -f "$folder/$key" }
        Copy-Item "$folder/user.pub" "$folder/authorized"
        $socket = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $socket.Start()
        $port = $socket.LocalEndpoint.Port
        $socket.Stop()
        if ((id -u) -eq '0') { $null = New-Item -ItemType Directory -Path /run/sshd -Force }
        $shell = @(Get-PowerShellCommand) -join ' '
        Set-Content "$folder/sshd_config" @"
Port $port
ListenAddress 127.0.0.1
ListenAddress 127.0.0.2
ListenAddress 127.0.0.3
ListenAddress 127.0.0.4
HostKey $folder/host
PidFile $folder/sshd.pid
AuthorizedKeysFile $folder/authorized
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 50
Subsystem sftp internal-sftp
Match LocalAddress 127.0.0.3
    ForceCommand sh $folder/third-machine.sh
"@
        # It gets ready, and hangs as soon as it is given a part: so it is killed with a part in hand, however fast or busy all are.
        Set-Content "$folder/third-machine.sh" @"
if mkdir $folder/ready 2> /dev/null; then exec sh -c "`$SSH_ORIGINAL_COMMAND"; fi
echo `$PPID `$`$ > $folder/hanging.new
mv $folder/hanging.new $folder/hanging
exec sleep 3600
"@
        $server = Start-Process -FilePath $sshd -ArgumentList '-D', '-f', "$folder/sshd_config", '-E', "$folder/sshd.log" -PassThru
        foreach ($try in 1..50) {
            if ((Test-Path "$folder/sshd.pid") -or $server.HasExited) { break }
            Start-Sleep -Milliseconds 100
        }
        $options = "@{ UserKnownHostsFile = '$folder/known'; GlobalKnownHostsFile = '/dev/null'; StrictHostKeyChecking = 'no'; IdentitiesOnly = 'yes'; BatchMode = 'yes'; LogLevel = 'ERROR'; ServerAliveInterval = '1'; ServerAliveCountMax = '2' }"

        function Start-Fleet([string] $Reports, [int] $Parts, [int[]] $Hosts, [string] $More = '', [string[]] $Path = $models) {
            $machines = $Hosts.ForEach({ "'$([Environment]::UserName)@127.0.0.${_}:$port'" }) -join ', '
            Set-Content "$folder/fleet.ps1" @"
& '$samples/fleet/Invoke-FleetTest.ps1' -HostName $machines -Path '$($Path -join "', '")' -ReportDirectory '$Reports' -PartCount $Parts -Level Values -Module '$modulePath' -PowerShell '$shell' -KeyFilePath '$folder/user' -SshOption $options $More
exit `$LASTEXITCODE
"@
            $command = @(Get-PowerShellCommand)
            $start = [Diagnostics.ProcessStartInfo]::new($command[0])
            foreach ($argument in @($command | Select-Object -Skip 1) + '-NoProfile', '-NonInteractive', '-File', "$folder/fleet.ps1") { $start.ArgumentList.Add($argument) }
            $start.RedirectStandardOutput = $start.RedirectStandardError = $true
            [Diagnostics.Process]::Start($start)
        }
    }
    AfterAll {
        if ($server -and -not $server.HasExited) { $server.Kill($true); $server.WaitForExit() }
        if ($folder) { Remove-Item -LiteralPath $folder -Recurse -Force }
    }

    It 'gives the share of a machine that is killed to the others, and the verdicts of one machine' {
        $reports = "$folder/reports"
        $process = Start-Fleet $reports 8 (1..4 + 9)
        $said = $process.StandardError.ReadToEndAsync()
        while (-not $process.HasExited -and -not (Test-Path "$folder/hanging")) { Start-Sleep -Milliseconds 100 }
        # The process of sshd that serves it, and what hangs, if that is still there: the connection ends without a word.
        foreach ($id in (Get-Content "$folder/hanging") -split ' ') { Stop-Process -Id $id -Force -ErrorAction Ignore }
        $out = $process.StandardOutput.ReadToEnd()
        $process.WaitForExit()

        $process.ExitCode | Should -Be 0 -Because $said.Result
        $out.Trim().Split("`n")[-1] | Should -Be '12 passed, 0 failed, 0 not tested'
        $said.Result | Should -Match 'lost: \S+@127\.0\.0\.3:\d+, with part \d+/8, which another one takes'
        $said.Result | Should -Match 'lost: \S+@127\.0\.0\.9:\d+: .*refused'
        $joined = Get-Content "$reports/verdicts.jsonl" | ConvertFrom-Json
        $whole = Test-Checkpoint -LiteralPath $models -Recurse -Level Values
        $joined.Path | Should -Be $whole.Path
        ($joined.Findings | ConvertTo-Json) | Should -Be ($whole.Findings | ConvertTo-Json -EnumsAsStrings)
    }

    It 'copies the module without libtorch' {
        $reports = "$folder/copied"
        $before = "$(Get-ChildItem "$HOME/lowmem-*")"
        $process = Start-Fleet $reports 4 (1, 2) '-CopyModule'
        $said = $process.StandardError.ReadToEndAsync()
        $out = $process.StandardOutput.ReadToEnd()
        $process.WaitForExit()
        $process.ExitCode | Should -Be 0 -Because $said.Result
        $out.Trim().Split("`n")[-1] | Should -Be '12 passed, 0 failed, 0 not tested'
        "$(Get-ChildItem "$HOME/lowmem-*")" | Should -Be $before
    }

    It 'ends with 2 when something cannot be tested, and has the verdicts on all else' {
        $reports = "$folder/untested"
        $process = Start-Fleet $reports 1 1 -Path $models, "$folder/none.pt"
        $said = $process.StandardError.ReadToEndAsync()
        $out = $process.StandardOutput.ReadToEnd()
        $process.WaitForExit()
        $process.ExitCode | Should -Be 2 -Because $said.Result
        $out.Trim().Split("`n")[-1] | Should -Be '12 passed, 0 failed, 1 not tested'
    }
}
