<#
.SYNOPSIS
    Runs a model that is larger than memory, one layer at a time.
.DESCRIPTION
    The module is on meta: it has layers and no values. For each layer in turn, Import-ModelLowMemory -Include loads its values, the
    layer runs, and Move-ModuleToMeta gives the memory back. There is never more than one layer in memory, and the file is read once
    for each run.

    The layers are those of the checkpoint, in its order, each a Linear: what the article's model is made of. For a model of other
    layers put yours in the place of New-Skeleton: what counts is the loop below it.

    Writes one object: the output, what the model would take, and the most private memory that it took.
.EXAMPLE
    ./samples/Invoke-LayerByLayer.ps1 -Path samples/boring.pt -InputRow 0.29075307, -1.085002
.EXAMPLE
    ./samples/Invoke-LayerByLayer.ps1 -Path samples/boring.pt -Mapped
#>
[CmdletBinding()]
param(
    # A checkpoint of Linear layers.
    [Parameter(Mandatory)]
    [string] $Path,

    # One row of input; ones when it is left out.
    [float[]] $InputRow,

    # Uses the values in the mapped file, and copies nothing: where memory is short the system drops the pages that were used.
    [switch] $Mapped,

    # What is not below a folder of its own is found on PSModulePath.
    [string] $Module = "$PSScriptRoot/../out/LowMem/LowMem.psd1"
)

$ErrorActionPreference = 'Stop'
Import-Module ([WildcardPattern]::Escape($Module))
$tensors = @(Get-CheckpointInfo -LiteralPath $Path)
$weights = @($tensors | Where-Object Key -Like '*.weight')

# A Linear in its place for each weight: in_proj, stages.0, stages.1, ...
function New-Skeleton {
    New-ModelSkeleton {
        $root = [LowMem.Loader.Skeletons.Containers.ModuleContainer]::new()
        $parents = @{ '' = $root }
        foreach ($weight in $weights) {
            $names = $weight.Key.Split('.')
            $parent = ''
            for ($i = 0; $i -lt $names.Count - 2; $i++) {
                $name = ($parent ? "$parent." : '') + $names[$i]
                if (-not $parents.ContainsKey($name)) {
                    $parents[$name] = [LowMem.Loader.Skeletons.Containers.ModuleContainer]::new()
                    $parents[$parent].Add($names[$i], $parents[$name])
                }
                $parent = $name
            }
            $hasBias = $tensors.Key -ccontains ($weight.Key -replace 'weight$', 'bias')
            $parents[$parent].Add($names[-2], [TorchSharp.torch+nn]::Linear($weight.Shape[1], $weight.Shape[0], $hasBias))
        }
        $root
    }
}

$model = New-Skeleton
$layers = @{}
foreach ($named in $model.named_modules()) { $layers[$named.Item1] = $named.Item2 }
$clock = [Diagnostics.Stopwatch]::StartNew()
$noGrad = [TorchSharp.torch]::no_grad()
try {
    if (-not $InputRow) { $InputRow = [float[]]::new($weights[0].Shape[1]); [Array]::Fill($InputRow, [float] 1) }
    $x = [TorchSharp.torch]::tensor($InputRow).reshape([long[]] (1, $InputRow.Count))
    $before = $null
    $peak = [long] 0
    foreach ($weight in $weights) {
        # Only this layer gets values; all others stay on meta.
        $layer = $weight.Key.Substring(0, $weight.Key.LastIndexOf('.'))
        $null = Import-ModelLowMemory -LiteralPath $Path -Module $model -Include "$([WildcardPattern]::Escape($layer)).*" -Resident:(-not $Mapped) -WarningAction Ignore
        $before ??= $model.LoadReport.PrivateBytesBefore
        $next = $layers[$layer].forward($x)
        $x.Dispose()
        $x = $next
        $peak = [Math]::Max($peak, [Math]::Max($model.LoadReport.PrivateBytesPeak, [LowMem.Loader.Memory.ProcessMemory]::GetPrivateBytes()))
        Move-ModuleToMeta $model
    }

    [pscustomobject]@{
        Path       = (Get-Item -LiteralPath $Path).FullName
        Output     = $x.data[float]().ToArray()
        LayerCount = $weights.Count
        ModelBytes = [long] ($tensors | Measure-Object ByteLength -Sum).Sum
        LayerBytes = [long] ($weights | Measure-Object ByteLength -Maximum).Maximum
        PeakBytes  = $peak - $before
        Duration   = $clock.Elapsed
    }
}
finally {
    $noGrad.Dispose()
    $model.Dispose()
}
