<#
.SYNOPSIS
    Loads a checkpoint into a model whose classes are written in C#, and compares its forward pass with PyTorch's.
.DESCRIPTION
    print(model) shows the modules of a class, and not what its code does with them. Where that is more than one after the
    other - here, a residual connection - the class is written in C# (Residual.cs), and compiled by Add-Type.
#>
[CmdletBinding()]
param()

$ErrorActionPreference = 'Stop'
$root = [IO.Path]::GetDirectoryName($PSScriptRoot)
Import-Module ([WildcardPattern]::Escape("$root/out/LowMem/LowMem.psd1"))

# TorchSharp was built for an older .NET, which the compiler warns of (CS1701) and Add-Type takes for an error.
$source = [IO.File]::ReadAllText("$PSScriptRoot/Residual.cs")
Add-Type -TypeDefinition $source -ReferencedAssemblies ([TorchSharp.torch].Assembly.Location) -CompilerOptions '-nowarn:CS1701'

$model = New-ModelSkeleton { [ResidualModel]::new(8) }
$model = Import-ModelLowMemory -LiteralPath "$PSScriptRoot/residual.pt" -Module $model

$expected = [IO.File]::ReadAllText("$PSScriptRoot/residual.expected.json") | ConvertFrom-Json
$rows = [float[]] @($expected.input.ForEach({ $_ }))
$output = $model.forward([TorchSharp.torch]::tensor($rows).reshape([long[]] (-1, 2))).data[float]().ToArray()
$wanted = [float[]] @($expected.output.ForEach({ $_ }))
for ($i = 0; $i -lt $wanted.Count; $i++) {
    if ([Math]::Abs($output[$i] - $wanted[$i]) -gt 1e-6) { throw "Output $i is $($output[$i]); PyTorch gave $($wanted[$i])." }
}

"The forward pass is PyTorch's: $($output -join ', ')"
