# Scheduled jobs: samples/Test-Nightly.ps1 and what starts it (samples/scheduled), as docs/automation.md has them. Each is run as far as
# this machine has what it needs.

BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    $scheduled = "$samples/scheduled"
    $good = "$samples/boring.pt"
    $bad = "$fixtures/bad-truncated-zip.pt"
    $engine = @(Get-PowerShellCommand)

    # In this process, which is what most of a test would be spent on: 'exit' ends the script that is called.
    function Invoke-Sample([string] $Script, [string] $Arguments) {
        $text = [IO.StringWriter]::new()
        $out, $errors = [Console]::Out, [Console]::Error
        [Console]::SetOut($text)
        [Console]::SetError($text)
        try { $null = & ([scriptblock]::Create("& '$samples/$Script' $Arguments")) }
        finally { [Console]::SetOut($out); [Console]::SetError($errors) }
        [pscustomobject]@{ Code = $LASTEXITCODE; Output = $text.ToString().Trim() }
    }

    # A folder with programs of this test that go before those of the machine.
    function New-Shim([string] $Name, [string] $Body) {
        $folder = "$TestDrive/bin"
        $null = New-Item -ItemType Directory -Force $folder
        [IO.File]::WriteAllText("$folder/$Name", "#!/bin/sh`n$Body`n")
        & chmod +x "$folder/$Name"
        $folder
    }

    function Test-Program([string[]] $Name) { -not $IsWindows -and @(Get-Command $Name -CommandType Application -ErrorAction Ignore).Count -ge $Name.Count }
}

Describe 'Exit codes' {
    It 'of Test-Nightly.ps1: <Code> for <Because>' -ForEach @(
        @{ Because = 'a parameter that is not there'; Arguments = { '-Bogus 1' }; Code = 64; Text = '*there is no parameter -Bogus*' }
        @{ Because = 'no path'; Arguments = { "-ReportDirectory '$TestDrive/none'" }; Code = 64; Text = '*-Path is missing*' }
        @{ Because = 'no directory for the report'; Arguments = { "-Path '$good'" }; Code = 64; Text = '*-ReportDirectory is missing*' }
        @{ Because = 'another level'; Arguments = { "-Path '$good' -ReportDirectory '$TestDrive/none' -Level Deep" }; Code = 64; Text = '*and not Deep*' }
        @{ Because = 'a module that is not there'; Arguments = { "-Path '$good' -ReportDirectory '$TestDrive/none' -Module '$TestDrive/none.psd1'" }; Code = 2; Text = '*none.psd1*' }) {
        $result = Invoke-Sample Test-Nightly.ps1 (& $Arguments)

        $result.Code | Should -Be $Code
        $result.Output | Should -BeLike $Text
    }

    It 'of Test-Report.ps1: <Code> for <Because>' -ForEach @(
        @{ Because = 'what passed'; Lines = '{"Path":"a","Passed":true}'; Hours = 1; Code = 0; Text = 'OK: every checkpoint passed' }
        @{ Because = 'what failed'; Lines = '{"Path":"a","Passed":true}', '{"Path":"b","Passed":false,"Findings":[{"Code":"CheckpointTruncated"}]}'; Hours = 1; Code = 1; Text = 'CRITICAL: 1 failed; the first: CheckpointTruncated' }
        @{ Because = 'what was not tested'; Lines = '{"Path":"b","Passed":false,"Findings":[{"Code":"X"}]}', '{"Path":"a","Passed":false,"Error":"CheckpointNotFound"}'; Hours = 1; Code = 2; Text = 'UNKNOWN: 1 not tested, 1 failed; the first: CheckpointNotFound' }
        @{ Because = 'an old report'; Lines = '{"Path":"a","Passed":true}'; Hours = 50; Code = 2; Text = 'UNKNOWN: the last report is 50 hours old' }
        @{ Because = 'a report that is cut off'; Lines = '{"Path":"a","Pas'; Hours = 1; Code = 2; Text = 'UNKNOWN: there is no report that can be read: *' }
        @{ Because = 'no report'; Lines = $null; Hours = 0; Code = 2; Text = 'UNKNOWN: there is no report that can be read: *' }) {
        $reports = "$TestDrive/$([Guid]::NewGuid().ToString('N'))"
        $null = New-Item -ItemType Directory $reports
        if ($Lines) {
            Set-Content -LiteralPath "$reports/verdicts.jsonl" $Lines
            (Get-Item -LiteralPath "$reports/verdicts.jsonl").LastWriteTimeUtc = [DateTime]::UtcNow.AddHours(-$Hours)
        }

        $result = Invoke-Sample scheduled/Test-Report.ps1 "-ReportDirectory '$reports'"

        $result.Code | Should -Be $Code
        $result.Output | Should -BeLike $Text
    }

    It 'of Test-Report.ps1: 64 for what makes no sense' {
        (Invoke-Sample scheduled/Test-Report.ps1 "-MaxAgeHours many -ReportDirectory '$TestDrive'").Code | Should -Be 64
        (Invoke-Sample scheduled/Test-Report.ps1).Code | Should -Be 64
    }

    It 'reads what Test-Nightly.ps1 wrote' {
        (Invoke-Sample Test-Nightly.ps1 "-Path '$bad' -ReportDirectory '$TestDrive/bad' -Module '$modulePath'").Code | Should -Be 1

        $result = Invoke-Sample scheduled/Test-Report.ps1 "-ReportDirectory '$TestDrive/bad'"
        $result.Code | Should -Be 1
        $result.Output | Should -BeLike 'CRITICAL: 1 failed; the first: Checkpoint*'
    }

    It 'are those of docs/automation.md in the help of <_>' -ForEach 'Test-Nightly.ps1', 'scheduled/Test-Report.ps1' {
        $documented = [regex]::Matches((Get-Content "$root/docs/automation.md" -Raw), '(?m)^\| \*\*(\d+)\*\*').ForEach({ $_.Groups[1].Value })
        $documented | Should -Be @('0', '1', '2', '64')
        $help = (Get-Help "$samples/$_").Description.Text -join "`n"
        foreach ($code in $documented) { $help | Should -Match "(?m)^\s*$code\s+\w" }
    }
}

Describe 'The units of systemd' {
    It 'are what systemd takes' {
        if (-not (Test-Program systemd-analyze)) { Set-ItResult -Skipped -Because 'there is no systemd-analyze'; return }
        # What is to be run need not be on this machine; all else is as it is.
        $folder = "$TestDrive/units"
        $null = New-Item -ItemType Directory $folder
        foreach ($file in Get-ChildItem $scheduled -Filter 'lowmem-*' | Where-Object Extension -In '.service', '.timer') {
            (Get-Content $file.FullName -Raw) -replace '(?m)^ExecStart=/\S+', 'ExecStart=/bin/sh' | Set-Content "$folder/$($file.Name)"
        }

        $said = & systemd-analyze verify --man=no "$folder/lowmem-test.timer" "$folder/lowmem-test.service" "$folder/lowmem-alert@lowmem-test.service" 2>&1 | Out-String

        $LASTEXITCODE | Should -Be 0
        # It warns of what it does not know, and takes the rest.
        $said | Should -Not -Match '(?i)unknown|ignoring|failed to parse'
    }

    It 'run the script as it is there' {
        $line = (Get-Content "$scheduled/lowmem-test.service" | Where-Object { $_ -like 'ExecStart=*' }) -replace '^ExecStart='
        $words = $line.Replace('/opt/lowmem/samples', $samples).Replace('${STATE_DIRECTORY}', "$TestDrive/state").Replace(' /models', " $good").Split(' ')
        $words[0] | Should -Be '/usr/bin/pwsh'

        $null = & $engine[0] @(@($engine | Select-Object -Skip 1) + ($words | Select-Object -Skip 1)) 2>&1

        $LASTEXITCODE | Should -Be 0
        "$TestDrive/state/reports/verdicts.jsonl" | Should -Exist
    }
}

Describe 'The line of cron' {
    It 'runs once a day, and says so when it fails' {
        if (-not (Test-Program bash, flock, chmod)) { Set-ItResult -Skipped -Because 'there is no bash, or no flock'; return }
        $lines = @(Get-Content "$scheduled/lowmem-test.cron" | Where-Object { $_ -and $_ -notmatch '^#|^[A-Z_]+=' })
        $lines.Count | Should -Be 1
        # Minute, hour, day, month, weekday, user, command; '%' would be the end of the command.
        $lines[0] | Should -Match '^[0-5]?\d ([01]?\d|2[0-3]) \* \* \* lowmem [^%]+$'
        $command = ($lines[0] -split ' ', 7)[6].Replace('/opt/lowmem/samples', $samples)
        $null = New-Shim pwsh "exec $($engine.ForEach({ "'$_'" }) -join ' ') `"`$@`""
        $folder = New-Shim logger "echo `"`$@`" >> '$TestDrive/logged'"

        foreach ($case in @{ Models = $good; Logged = $null }, @{ Models = $bad; Logged = '--priority user.err --tag lowmem the test of checkpoints ended with 1' }) {
            & env "PATH=${folder}:$env:PATH" "HOME=$TestDrive" bash -c $command.Replace(' /models', " '$($case.Models)'") *> $null

            (Get-Content "$TestDrive/logged" -ErrorAction Ignore) | Should -Be $case.Logged
        }
    }
}

Describe 'samples/scheduled/Register-NightlyTask.ps1' {
    It 'says what is missing where there are no scheduled tasks' {
        if (Get-Command Register-ScheduledTask -ErrorAction Ignore) { Set-ItResult -Skipped -Because 'there are scheduled tasks'; return }
        { & "$scheduled/Register-NightlyTask.ps1" -Path a -ReportDirectory b } | Should -Throw '*scheduled tasks are a part of Windows*'
    }

    It 'registers the script with its arguments, and nothing with -WhatIf' {
        # Stand-ins with the parameters that are used, so that the script runs everywhere.
        function New-ScheduledTaskAction($Execute, $Argument) { @{ Execute = $Execute; Argument = $Argument } }
        function New-ScheduledTaskTrigger([switch] $Daily, [DateTime] $At, [TimeSpan] $RandomDelay) { @{ Daily = $Daily; At = $At; Delay = $RandomDelay } }
        function New-ScheduledTaskSettingsSet($MultipleInstances, [switch] $StartWhenAvailable, $ExecutionTimeLimit, $Priority) { @{ Instances = $MultipleInstances; Limit = $ExecutionTimeLimit; Late = $StartWhenAvailable; Priority = $Priority } }
        function New-ScheduledTaskPrincipal($UserId, $LogonType) { @{ User = $UserId; Logon = $LogonType } }
        function Register-ScheduledTask($TaskName, $Description, $Action, $Trigger, $Settings, $Principal, [switch] $Force) {
            $registered.Name, $registered.Action, $registered.Trigger = $TaskName, $Action, $Trigger
            $registered.Other = $Description, $Settings, $Principal, $Force
        }

        $registered = @{}
        & "$scheduled/Register-NightlyTask.ps1" -Path $bad -ReportDirectory "$TestDrive/my task" -WhatIf
        $registered.Count | Should -Be 0

        & "$scheduled/Register-NightlyTask.ps1" -Path $bad -ReportDirectory "$TestDrive/my task" -At 03:15
        $registered.Name | Should -BeExactly 'LowMem-Nightly'
        $registered.Trigger.At.ToString('HH:mm') | Should -BeExactly '03:15'

        # The arguments are one text, as Windows starts programs; .NET takes the same text everywhere.
        $start = [Diagnostics.ProcessStartInfo]::new($engine[0], (@($engine | Select-Object -Skip 1) + $registered.Action.Argument) -join ' ')
        $start.RedirectStandardOutput = $start.RedirectStandardError = $true
        $process = [Diagnostics.Process]::Start($start)
        $null = $process.StandardOutput.ReadToEndAsync(), $process.StandardError.ReadToEndAsync()
        $process.WaitForExit(300000) | Should -BeTrue
        $process.ExitCode | Should -Be 1
        "$TestDrive/my task/verdicts.sarif" | Should -Exist

        { & "$scheduled/Register-NightlyTask.ps1" -Path 'D:\models\' -ReportDirectory b } | Should -Throw '*no backslash at its end*'
    }
}

Describe 'The step of CI' {
    It 'fails the job for <Name>, and leaves the report that the next step shows' -ForEach @(
        @{ Name = 'a checkpoint with errors'; Models = { $bad }; Code = 1 }
        @{ Name = 'no checkpoint with errors'; Models = { $good }; Code = 0 }
        @{ Name = 'a pointer of Git LFS'; Models = { Set-Content "$TestDrive/pointer.pt" "version https://git-lfs.github.com/spec/v1`noid sha256:$('0' * 64)`nsize 4"; "$TestDrive/pointer.pt" }; Code = 1 }) {
        $text = Get-Content "$scheduled/checkpoint-gate.yml" -Raw
        $block = [regex]::Match($text, '(?m)^(?<indent> +)run: \|\r?\n(?<lines>(?:\k<indent>  .*\r?\n|\s*\r?\n)+)')
        $script = $block.Groups['lines'].Value -replace "(?m)^$($block.Groups['indent'].Value)  "
        $reports = "$TestDrive/$([Guid]::NewGuid().ToString('N'))"
        $text | Should -Match 'sarif_file: .*/verdicts\.sarif'

        # As the runner does it: the block is a script of its own, and its variables are those of the environment.
        $null = Invoke-ChildScript "`$env:MODELS = '$(& $Models)'; `$env:REPORTS = '$reports'; `$env:LOWMEM = '$root'`n$script" 2>&1

        $LASTEXITCODE | Should -Be $Code
        "$reports/verdicts.sarif" | Should -Exist
    }
}

Describe 'docs/automation.md' {
    It 'names only samples that are there' {
        $names = [regex]::Matches((Get-Content "$root/docs/automation.md" -Raw), '\((\.\./samples/[^)]+)\)').ForEach({ $_.Groups[1].Value }) | Sort-Object -Unique
        $names.Count | Should -BeGreaterThan 6
        # Those for fleets have tests of their own.
        foreach ($name in $names -notlike '*/fleet/*') { "$root/docs/$name" | Should -Exist }
    }
}
