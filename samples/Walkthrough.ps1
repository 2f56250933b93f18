<#
.SYNOPSIS
    The article's walk, in PowerShell: inspect a checkpoint, put the model on meta, see which submodule owns each key,
    load the weights without a second copy, and get PyTorch's own numbers.
.DESCRIPTION
    samples/boring.pt was saved by real PyTorch (make_boring.py), and boring.expected.json is what PyTorch printed for it.
    Ends with an error when a value differs.
#>
[CmdletBinding()]
param()

$ErrorActionPreference = 'Stop'
Import-Module ([WildcardPattern]::Escape([IO.Path]::GetFullPath("$PSScriptRoot/../out/LowMem/LowMem.psd1")))
$checkpoint = "$PSScriptRoot/boring.pt"
$expected = [IO.File]::ReadAllText("$PSScriptRoot/boring.expected.json") | ConvertFrom-Json

function Write-Step($Number, $Text) {
    Write-Host ''
    Write-Host "$Number. $Text"
}

# The rows of a matrix one after the other, as float32.
function Get-Flat($Rows) { , [float[]] @($Rows.ForEach({ $_ })) }

Write-Step 1 'What is in the checkpoint? (metadata only; libtorch is not loaded)'
Get-CheckpointInfo -LiteralPath $checkpoint | Out-Host

Write-Step 2 'The model on meta: shapes, and no memory for values'
$model = New-ModelSkeleton {
    $nn = [TorchSharp.torch+nn]
    [ordered]@{
        in_proj  = $nn::Linear(2, 10)
        stages   = @($nn::Linear(10, 10), $nn::Linear(10, 10))
        out_proj = $nn::Linear(10, 2)
    }
}

Write-Step 3 'Which submodule owns each key?'
Get-ModuleParameter $model | Out-Host

Write-Step 4 'The weights, mapped from the file'
$model = Import-ModelLowMemory -LiteralPath $checkpoint -Module $model
$model.LoadReport | Out-Host

Write-Step 5 'Are they those of PyTorch?'
$state = $model.state_dict()
foreach ($key in $expected.keys) {
    $wanted = Get-Flat $expected.tensors.$key
    $loaded = $state[$key].data[float]().ToArray()
    if (-not [Linq.Enumerable]::SequenceEqual($wanted, $loaded)) { throw "'$key' differs from what PyTorch printed." }
    Write-Host ('   {0,-16} {1,3} values, all equal' -f $key, $loaded.Count)
}

Write-Step 6 "The forward pass, and PyTorch's"
$inputs = [TorchSharp.torch]::tensor((Get-Flat $expected.input)).reshape([long[]] @($expected.input.Count, 2))
$output = $model.forward($inputs).data[float]().ToArray()
$wanted = Get-Flat $expected.output
for ($i = 0; $i -lt $wanted.Count; $i++) {
    if ([Math]::Abs($wanted[$i] - $output[$i]) -gt 1e-6) { throw "Output $i differs from PyTorch's." }
    Write-Host ('   {0,12:R}  {1,12:R}' -f $output[$i], $wanted[$i])
}
