BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    $hasTerminal = $IsLinux -and (Get-Command script -CommandType Application -ErrorAction Ignore)
}

Describe 'The session in the README' {
    It 'shows what the module says today' {
        if (-not $hasTerminal) {
            Set-ItResult -Skipped -Because 'there is no script(1) that makes a terminal'
            return
        }

        $picture = [xml] [IO.File]::ReadAllText("$root/docs/images/session.svg")
        $parts = $picture.GetElementsByTagName('text').Where({ $_.class -notlike '*-title' })
        # Parts of one line have one height; what is between them is blank.
        $shown = ($parts | Group-Object y | Sort-Object { [double] $_.Name } | ForEach-Object { $_.Group.InnerText -join '' }) -replace '\s'

        $file = "$TestDrive/session.ps1"
        [IO.File]::WriteAllText($file, "`$env:PSModulePath = '$($env:PSModulePath)'`n& '$root/tools/Session/Show-Session.ps1' -Module '$modulePath'")
        $engine = @(Get-PowerShellCommand) + @('-NoProfile', '-NoLogo', '-File', $file)
        $text = (script -qec "stty cols 80 rows 200; LANG=C.UTF-8 LC_ALL=C.UTF-8 TERM=xterm-256color env -u NO_COLOR $(($engine | ForEach-Object { "'$_'" }) -join ' ')" /dev/null) -join "`n"
        $said = ($text -replace '\x1b\[[0-9;?]*[A-Za-z]' -replace '\x1b[=>]' -split '\r?\n') -replace '\s'

        $said.Where({ $_ }) | Should -Be $shown.Where({ $_ }) -Because 'tools/Session/record.py makes the picture anew'
    }
}
