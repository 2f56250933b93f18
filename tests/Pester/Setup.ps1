# Dot-sourced by BeforeAll of every file here: the built module, and where the files are that tests read.
$ErrorActionPreference = 'Stop'
$root = [IO.Path]::GetFullPath("$PSScriptRoot/../..")
$fixtures = "$root/tests/fixtures"
$samples = "$root/samples"
# The module that is tested: the built one, or that of ./build.ps1 Test -ModulePath.
$modulePath = $env:LOWMEM_TEST_MODULE ? $env:LOWMEM_TEST_MODULE : "$root/out/LowMem/LowMem.psd1"
$moduleFolder = [IO.Path]::GetDirectoryName($modulePath)
if (-not [IO.File]::Exists($modulePath)) {
    throw "There is no '$modulePath'. Run ./build.ps1 or ./build.sh first."
}

Import-Module ([WildcardPattern]::Escape($modulePath))
# The same for a script that runs in a process of its own.
$importModule = "Import-Module ([WildcardPattern]::Escape('$modulePath'))"
Import-Module ([WildcardPattern]::Escape("$root/tools/Build.psm1")) -Function Get-PowerShellCommand

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

# Runs a script in a process of its own, in the same PowerShell. Returns its output lines; the exit code is in $LASTEXITCODE.
function Invoke-ChildScript($Script) {
    $file = [IO.Path]::Combine($TestDrive, [Guid]::NewGuid().ToString('N') + '.ps1')
    # A new process adds the user's module folders to its path again.
    [IO.File]::WriteAllText($file, "`$env:PSModulePath = '$($env:PSModulePath)'`n$Script")
    $engine = @(Get-PowerShellCommand) + @('-NoProfile', '-File', $file)
    & $engine[0] $engine[1..($engine.Count - 1)]
}
