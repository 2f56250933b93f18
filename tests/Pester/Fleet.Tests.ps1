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
        # Small ones, and many, so that there is work left when a machine is lost.
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
Subsystem powershell $shell -sshs -NoLogo -NoProfile
"@
        $server = Start-Process -FilePath $sshd -ArgumentList '-D', '-f', "$folder/sshd_config", '-E', "$folder/sshd.log" -PassThru
        foreach ($try in 1..50) {
            if ((Test-Path "$folder/sshd.pid") -or $server.HasExited) { break }
            Start-Sleep -Milliseconds 100
        }
        $options = "@{ UserKnownHostsFile = '$folder/known'; GlobalKnownHostsFile = '/dev/null'; StrictHostKeyChecking = 'no'; IdentitiesOnly = 'yes'; BatchMode = 'yes'; LogLevel = 'ERROR'; ServerAliveInterval = '1'; ServerAliveCountMax = '2' }"

        # The processes of the sessions to one address, which only this sshd has.
        function Get-SessionProcess([string] $Address) {
            foreach ($id in [IO.Directory]::GetDirectories('/proc').ForEach({ [IO.Path]::GetFileName($_) }) -match '^\d+$') {
                try { $environment = [IO.File]::ReadAllText("/proc/$id/environ") } catch { continue }
                if ($environment -match "SSH_CONNECTION=\S+ \d+ $([regex]::Escape($Address)) $port\0") { [int]$id }
            }
        }

        function Start-Fleet([string] $Reports, [int] $Parts, [int[]] $Hosts, [string] $More = '') {
            $machines = $Hosts.ForEach({ "'$([Environment]::UserName)@127.0.0.${_}:$port'" }) -join ', '
            Set-Content "$folder/fleet.ps1" @"
& '$samples/fleet/Invoke-FleetTest.ps1' -HostName $machines -Path '$models' -ReportDirectory '$Reports' -PartCount $Parts -Level Values -Module '$modulePath' -KeyFilePath '$folder/user' -SshOption $options $More
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
        $process = Start-Fleet $reports 16 (1..4 + 9)
        $said = $process.StandardError.ReadToEndAsync()
        foreach ($try in 1..600) {
            if ($process.HasExited -or (Get-ChildItem "$reports/part-*" -ErrorAction Ignore)) { break }
            Start-Sleep -Milliseconds 100
        }
        $victims = @(Get-SessionProcess '127.0.0.3')
        foreach ($id in $victims) { Stop-Process -Id $id -Force }
        $out = $process.StandardOutput.ReadToEnd()
        $process.WaitForExit()

        $victims.Count | Should -BeGreaterThan 0
        $process.ExitCode | Should -Be 0 -Because $said.Result
        $out.Trim().Split("`n")[-1] | Should -Be '12 passed, 0 failed, 0 not tested'
        $said.Result | Should -Match 'lost: 127\.0\.0\.3, with part \d+/16, which another one takes'
        $said.Result | Should -Match 'lost: .*127\.0\.0\.9'
        $joined = Get-Content "$reports/verdicts.jsonl" | ConvertFrom-Json
        $whole = Test-Checkpoint -LiteralPath $models -Recurse -Level Values
        $joined.Path | Should -Be $whole.Path
        ($joined.Findings | ConvertTo-Json) | Should -Be ($whole.Findings | ConvertTo-Json -EnumsAsStrings)
    }

    It 'copies the module without libtorch' {
        $reports = "$folder/copied"
        $process = Start-Fleet $reports 4 (1, 2) '-CopyModule'
        $said = $process.StandardError.ReadToEndAsync()
        $out = $process.StandardOutput.ReadToEnd()
        $process.WaitForExit()
        $process.ExitCode | Should -Be 0 -Because $said.Result
        $out.Trim().Split("`n")[-1] | Should -Be '12 passed, 0 failed, 0 not tested'
    }
}
