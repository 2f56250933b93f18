# What users expect of any module's commands, held for all of ours in the same way.

BeforeDiscovery {
    # Each command that reads a checkpoint, run on $file; $out is a path where nothing is. A module is made anew for each.
    $commands = @(
        @{ Name = 'Get-CheckpointInfo'; Run = { Get-CheckpointInfo @where } }
        @{ Name = 'Get-CheckpointTensor'; Run = { Get-CheckpointTensor @where } }
        @{ Name = 'Test-Checkpoint'; Run = { Test-Checkpoint @where } }
        @{ Name = 'Measure-ModelMemory'; Run = { Measure-ModelMemory @where } }
        @{ Name = 'Import-ModelLowMemory'; Run = { Import-ModelLowMemory @where } }
        @{ Name = 'New-CheckpointManifest'; Run = { New-CheckpointManifest @where -OutputPath $out } }
        @{ Name = 'Convert-Checkpoint'; Run = { Convert-Checkpoint @where -Destination "$out.safetensors" -PassThru } }
        @{ Name = 'Export-CheckpointReport'; Run = { Export-CheckpointReport @where -Destination "$out.html" -PassThru } }
    )
    $writers = $commands.Where({ $_.Name -in 'New-CheckpointManifest', 'Convert-Checkpoint', 'Export-CheckpointReport' })
    $names = @(
        @{ What = 'brackets and spaces'; File = 'a [1] b.pt' }
        @{ What = 'letters beyond ASCII, an emoji and a combining mark'; File = "größe 模型 😀 e$([char]0x301).pt" }
        @{ What = 'quotes, a dollar sign and a backtick'; File = "it's `$x ``n.pt" }
        @{ What = 'what means something else elsewhere'; File = '-Path ~ # %TEMP%;a&b.pt' }
        if (-not $IsWindows) {
            @{ What = 'a newline and a tab'; File = "a`nb`tc.pt" }
            @{ What = 'a star and a question mark'; File = 'a*b?.pt' }
            # A backslash is none of them: PowerShell takes it for a separator everywhere, and so does Get-Item.
            @{ What = 'a colon'; File = 'b:c.pt' }
        }
    )
}

BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    $file = "$samples/boring.pt"
    function Get-NewPath { [IO.Path]::Combine($TestDrive, [Guid]::NewGuid().ToString('N')) }
}

Describe '<Name>' -ForEach $commands {
    BeforeEach { $out = Get-NewPath }

    It 'takes its path in the first place, under strict mode' {
        Set-StrictMode -Version Latest
        $null = & ([scriptblock]::Create($Run.ToString().Replace('@where', '$file')))
    }

    It 'gives nothing for what is not there, and one error that each -ErrorAction treats as it says' {
        $where = @{ LiteralPath = "$TestDrive/none.pt"; ErrorAction = 'SilentlyContinue'; ErrorVariable = 'failed' }
        & $Run | Should -BeNullOrEmpty
        # A variable of the block's own scope is out of reach: what the session has seen is not.
        $Error[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointNotFound,*'
        $Error[0].TargetObject | Should -Be "$TestDrive/none.pt"

        $before = $Error.Count
        $where = @{ LiteralPath = "$TestDrive/none.pt"; ErrorAction = 'Ignore' }
        & $Run | Should -BeNullOrEmpty
        $Error.Count | Should -Be $before

        $where = @{ LiteralPath = "$TestDrive/none.pt"; ErrorAction = 'Stop' }
        { & $Run } | Should -Throw -ErrorId 'CheckpointNotFound,*'
    }

    It 'goes on behind what is not there' {
        $where = @{ LiteralPath = "$TestDrive/none.pt", $file; ErrorAction = 'SilentlyContinue' }
        if ($Name -in 'Convert-Checkpoint', 'Import-ModelLowMemory') { $where.LiteralPath = $file }
        & $Run | Should -Not -BeNullOrEmpty
    }

    It 'fills -OutVariable, and -PipelineVariable for what comes behind' {
        $where = @{ LiteralPath = $file; OutVariable = 'global:conventionsOut'; PipelineVariable = 'conventionsEach' }
        $given = @(& $Run)
        (Get-Variable conventionsOut -Scope Global -ValueOnly).Count | Should -Be $given.Count
        Remove-Variable conventionsOut -Scope Global

        $out = Get-NewPath
        $where = @{ LiteralPath = $file }
        $line = $Run.ToString().Replace('@where', '@where -PipelineVariable each')
        & ([scriptblock]::Create("$line | ForEach-Object { [object]::ReferenceEquals(`$each, `$_) }")) | Should -Not -Contain $false
    }

    It 'takes a path of a drive of PowerShell, and one that begins above the current folder' {
        $null = New-PSDrive convention FileSystem $samples
        $where = @{ Path = 'convention:/boring.pt' }
        & $Run | Should -Not -BeNullOrEmpty

        $out = Get-NewPath
        Push-Location "$samples/fleet"
        try {
            $where = @{ LiteralPath = '../boring.pt' }
            & $Run | Should -Not -BeNullOrEmpty
        }
        finally {
            Pop-Location
            Remove-PSDrive convention
        }
    }

    It 'takes a path of 300 characters' {
        $folder = $TestDrive
        while ($folder.Length -lt 300) { $folder = [IO.Path]::Combine($folder, 'a' * 50) }
        $null = [IO.Directory]::CreateDirectory($folder)
        $long = [IO.Path]::Combine($folder, 'boring.pt')
        [IO.File]::Copy($file, $long, $true)
        $where = @{ LiteralPath = $long }
        & $Run | Should -Not -BeNullOrEmpty
    }

    It 'takes a name with <What>, as it is and as an escaped pattern' -ForEach $names {
        $odd = [IO.Path]::Combine($TestDrive, $File)
        [IO.File]::Copy("$samples/boring.pt", $odd, $true)
        $where = @{ LiteralPath = $odd }
        & $Run | Should -Not -BeNullOrEmpty

        $out = Get-NewPath
        $where = @{ Path = [WildcardPattern]::Escape($odd) }
        & $Run | Should -Not -BeNullOrEmpty
    }
}

Describe '<Name>, which writes' -ForEach $writers {
    It 'writes nothing with -WhatIf, nor when -Confirm is answered by no' {
        $out = Get-NewPath
        $where = @{ LiteralPath = $file; WhatIf = $true }
        & $Run | Should -BeNullOrEmpty
        Get-ChildItem "$out*" | Should -BeNullOrEmpty
    }

    It 'asks nothing by itself' {
        (Get-Command $Name).ScriptBlock | Should -BeNullOrEmpty
        $level = (Get-Command $Name).ImplementingType.GetCustomAttributes([Management.Automation.CmdletAttribute], $true)[0].ConfirmImpact
        $level | Should -BeIn 'Low', 'Medium'
    }
}

Describe 'Defaults of a user' {
    It 'are taken from $PSDefaultParameterValues' {
        $PSDefaultParameterValues = @{ 'Test-Checkpoint:Level' = 'Checksum'; '*-Checkpoint*:Verbose' = $false }
        (Test-Checkpoint $file).Level | Should -Be 'Checksum'
    }

    It 'silence warnings, or make them errors' {
        $hostile = "$fixtures/unsafe_os_system.pt"
        $null = Get-CheckpointInfo $hostile -WarningAction SilentlyContinue -WarningVariable warnings
        $warnings.Count | Should -BeGreaterThan 0
        { Get-CheckpointInfo $hostile -WarningAction Stop } | Should -Throw
    }
}

Describe 'The module' {
    It 'names every command by an approved verb and a noun of its own, in the singular' {
        $verbs = (Get-Verb).Verb
        foreach ($command in (Get-Command -Module LowMem)) {
            $command.Verb | Should -BeIn $verbs
            $command.Noun | Should -Not -Match 's$'
            $command.OutputType.Count | Should -BeGreaterThan 0 -Because "$command says what it gives"
        }
    }

    It 'has no more than three positional parameters for a command, the first of which is what it works on' {
        foreach ($command in (Get-Command -Module LowMem)) {
            foreach ($set in $command.ParameterSets) {
                @($set.Parameters.Where({ $_.Position -ge 0 })).Count | Should -BeLessOrEqual 3 -Because "$command"
            }
        }
    }

    It 'goes, and comes again, in one session' {
        $lines = Invoke-ChildScript @"
`$ErrorActionPreference = 'Stop'
$importModule
(Get-CheckpointInfo '$file').Count
Remove-Module LowMem
[bool] (Get-Command Get-CheckpointInfo -ErrorAction Ignore)
$importModule
(Get-CheckpointInfo '$file').Count
(Import-ModelLowMemory '$file').LoadReport.TensorCount
"@
        $LASTEXITCODE | Should -Be 0
        $lines | Should -Be '8', 'False', '8', '8'
    }
}

Describe '-Verbose' {
    It 'tells a load in ten lines' {
        $lines = @(Import-ModelLowMemory $file -Verbose 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] })
        $lines.Count | Should -BeGreaterThan 2
        $lines.Count | Should -BeLessOrEqual 10
        "$lines" | Should -Match 'boring\.pt'
    }
}

Describe 'Progress' {
    BeforeAll {
        # Holes that take no room on a disk: long enough that every command has something to tell.
        $large = "$TestDrive/large.safetensors"
        $length = 1L -shl 30
        $header = [Text.Encoding]::UTF8.GetBytes("{`"w`":{`"dtype`":`"F32`",`"shape`":[$($length / 4)],`"data_offsets`":[0,$length]}} ".PadRight(96))
        $stream = [IO.File]::Create($large)
        $stream.Write([BitConverter]::GetBytes([long] $header.Length))
        $stream.Write($header)
        $stream.SetLength($stream.Position + $length)
        $stream.Dispose()
    }

    It 'comes with rate and time, counts the bytes that are read, and is completed: <Name>' -ForEach @(
        @{ Name = 'New-CheckpointManifest'; Line = 'New-CheckpointManifest $args[0] $args[1]'; Total = '1\.0 GiB' }
        @{ Name = 'Get-CheckpointTensor -Hash'; Line = 'Get-CheckpointTensor $args[0] -Hash'; Total = '1\.0 GiB' }
        @{ Name = 'Test-Checkpoint -Level Values'; Line = 'Test-Checkpoint $args[0] -Level Values'; Total = '1\.0 GiB' }
    ) {
        $shell = [PowerShell]::Create([InitialSessionState]::CreateDefault2())
        try {
            $null = $shell.AddScript($importModule).AddStatement().AddScript($Line).AddArgument($large).AddArgument((Get-NewPath))
            $running = $shell.BeginInvoke()
            $seen = @(while (-not $running.IsCompleted -or $shell.Streams.Progress.Count -gt 0) {
                    # What is taken out now says what it said now: the command goes on to use the same object.
                    $shell.Streams.Progress.ReadAll().ForEach({ @{ Type = $_.RecordType; Id = $_.ActivityId; Text = $_.StatusDescription } })
                    Start-Sleep -Milliseconds 20
                })
            $null = $shell.EndInvoke($running)
            $shell.Streams.Error | Should -BeNullOrEmpty
            if ($seen) {
                # A fast machine is done before there is anything to tell.
                $seen[-1].Type | Should -Be 'Completed'
                @($seen.Id | Sort-Object -Unique).Count | Should -Be 1
                $seen[-1].Text | Should -Match "of $Total, \d.*/s"
            }
        }
        finally { $shell.Dispose() }
    }

    It 'is in no log' {
        $lines = Invoke-ChildScript "$importModule`n(Get-CheckpointTensor '$large' -Hash).ZeroCount" 2>&1
        "$lines" | Should -Be "$($length / 4)"
    }
}
