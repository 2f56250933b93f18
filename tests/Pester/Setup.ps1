# Dot-sourced by BeforeAll of every file here: the built module, and where the files are that tests read.
$ErrorActionPreference = 'Stop'
$root = [IO.Path]::GetFullPath("$PSScriptRoot/../..")
$fixtures = "$root/tests/fixtures"
$samples = "$root/samples"
if (-not [IO.File]::Exists("$root/out/LowMem/LowMem.psd1")) {
    throw 'The module is not built. Run ./build.ps1 or ./build.sh first.'
}

Import-Module "$root/out/LowMem/LowMem.psd1"

# The article's model: two Linear layers around a sequence of two.
function New-BoringSkeleton([string] $DType = 'Float32') {
    New-ModelSkeleton {
        $type = [Enum]::Parse([TorchSharp.torch+ScalarType], $DType)
        $linear = { param($from, $to) [TorchSharp.torch+nn]::Linear($from, $to, $true, $null, $type) }
        [ordered]@{
            in_proj  = & $linear 2 10
            stages   = @((& $linear 10 10), (& $linear 10 10))
            out_proj = & $linear 10 2
        }
    }
}

# What PyTorch printed of the article's model: its tensors, an input and the output for it.
$expected = [IO.File]::ReadAllText("$samples/boring.expected.json") | ConvertFrom-Json

# The rows of a matrix one after the other, as float32.
function Get-Flat($Rows) { , [float[]] @($Rows.ForEach({ $_ })) }

function Get-ExpectedValue($Key) { Get-Flat $expected.tensors.$Key }

# The values of a float32 tensor of a module, by key.
function Get-FloatValue($Module, $Key) {
    $module.state_dict()[$Key].data[float]().ToArray()
}

# Runs a script in a process of its own, in the same engine: pwsh, or the embedded host. Returns its output lines; the
# exit code is in $LASTEXITCODE.
function Invoke-ChildScript($Script) {
    $file = [IO.Path]::Combine($TestDrive, [Guid]::NewGuid().ToString('N') + '.ps1')
    [IO.File]::WriteAllText($file, $Script)
    $name = if ($Host.Name -eq 'LowMem.PowerShellHost') { 'PowerShellHost' } else { 'pwsh' }
    if ($IsWindows) { $name += '.exe' }
    & ([IO.Path]::Combine([AppContext]::BaseDirectory, $name)) -NoProfile -File $file
}
