# Dot-sourced by the tests that look at a terminal, behind Setup.ps1: models to show, and what a terminal has of them.

# A safetensors file; each key with its type and shape. The values are zeros.
function Write-Model([string] $Path, [Collections.Specialized.OrderedDictionary] $Tensors) {
    $size = @{ F32 = 4; BF16 = 2; I64 = 8; F8_E4M3 = 1 }
    $offset = 0L
    $parts = foreach ($key in $Tensors.Keys) {
        $dtype, $shape = $Tensors[$key]
        $length = $size[$dtype]
        foreach ($each in $shape) { $length *= $each }
        "$($key | ConvertTo-Json -EscapeHandling EscapeNonAscii):{`"dtype`":`"$dtype`",`"shape`":[$($shape -join ',')],`"data_offsets`":[$offset,$($offset + $length)]}"
        $offset += $length
    }
    $header = [Text.Encoding]::UTF8.GetBytes("{$($parts -join ',')}")
    $file = [IO.File]::Create($Path)
    $file.Write([BitConverter]::GetBytes([long] $header.Length))
    $file.Write($header)
    $file.SetLength(8 + $header.Length + $offset)
    $file.Dispose()
}

# What a script writes to a terminal of some columns, line by line, without colours and what else a terminal obeys.
function Get-Screen([int] $Columns, [string] $Script, [switch] $Raw, [switch] $NoColor) {
    $file = "$TestDrive/screen.ps1"
    [IO.File]::WriteAllText($file, "`$env:PSModulePath = '$($env:PSModulePath)'`n$importModule`n$Script")
    $engine = @(Get-PowerShellCommand) + @('-NoProfile', '-NoLogo', '-File', $file)
    $text = (script -qec "stty cols $Columns rows 50; LANG=C.UTF-8 LC_ALL=C.UTF-8 TERM=xterm env $($NoColor ? 'NO_COLOR=1' : '-u NO_COLOR') $(($engine | ForEach-Object { "'$_'" }) -join ' ')" /dev/null) -join "`n"
    if ($Raw) { return $text }
    @(($text -replace '\x1b\[[0-9;?]*[A-Za-z]' -replace '\x1b[=>]') -split '\r?\n').TrimEnd().Where({ $_ })
}

$hasTerminal = $IsLinux -and (Get-Command script -CommandType Application -ErrorAction Ignore)
function Assert-Terminal { if (-not $hasTerminal) { Set-ItResult -Skipped -Because 'there is no script(1) that makes a terminal' } }
