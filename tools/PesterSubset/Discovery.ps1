# Discovery: the bodies of Describe and Context run once, to learn which tests there are; nothing else does.

$script:SetupNames = 'BeforeAll', 'BeforeEach', 'AfterEach', 'AfterAll'

function New-Block($Name, $Item, [bool] $HasItem, [string[]] $Tag, [bool] $Skip, $Parent) {
    $block = [pscustomobject]@{
        Name = $Name; Item = $Item; HasItem = $HasItem; Tag = $Tag; Skip = $Skip; Parent = $Parent
        Children = [Collections.Generic.List[object]]::new(); Body = $null; ShownName = $Name
    }
    foreach ($kind in $script:SetupNames) { $block.psobject.Properties.Add([psnoteproperty]::new($kind, $null)) }
    $block
}

function Assert-Discovering([string] $Command, [bool] $NeedsBlock) {
    if ($script:IsRunning) { throw "$Command cannot be used while a test runs: move it out of It, BeforeAll and the like." }
    if (-not $script:Current) { throw "$Command is for test files; run them with Invoke-PesterSubset." }
    if ($NeedsBlock -and -not $script:Current.Parent) { throw "$Command must be inside Describe or Context." }
}

# One entry per item of -ForEach; one without an item when -ForEach was not given.
function Get-Case([bool] $HasForEach, [object[]] $ForEach, [string] $What) {
    if (-not $HasForEach) { return [pscustomobject]@{ HasItem = $false; Item = $null } }
    if ($null -eq $ForEach -or $ForEach.Count -eq 0) { throw "-ForEach of $What is empty: it would test nothing." }
    foreach ($item in $ForEach) { [pscustomobject]@{ HasItem = $true; Item = $item } }
}

function Add-Block([string] $Name, [scriptblock] $Fixture, [object[]] $Cases, [string[]] $Tag, [bool] $Skip) {
    $parent = $script:Current
    foreach ($case in $Cases) {
        $block = New-Block $Name $case.Item $case.HasItem $Tag $Skip $parent
        $parent.Children.Add($block)
        $script:Current = $block
        try {
            $step = New-Step -Owner $block -Body $Fixture
            & $script:RunInCaller $step
            if ($step.Errors) { throw $step.Errors[0] }
        }
        finally {
            $script:Current = $parent
        }
    }
}

# One command under two names; which of them was used is for errors only.
function Describe {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)][string] $Name,
        [Parameter(Mandatory, Position = 1)][scriptblock] $Fixture,
        [AllowNull()][AllowEmptyCollection()][object[]] $ForEach,
        [Alias('Tags')][string[]] $Tag = @(),
        [switch] $Skip
    )

    $command = $MyInvocation.MyCommand.Name
    Assert-Discovering $command $false
    $cases = @(Get-Case $PSBoundParameters.ContainsKey('ForEach') $ForEach "$command '$Name'")
    Add-Block $Name $Fixture $cases $Tag $Skip
}

${function:Context} = ${function:Describe}

function It {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)][string] $Name,
        [Parameter(Mandatory, Position = 1)][scriptblock] $Test,
        [Alias('TestCases')][AllowNull()][AllowEmptyCollection()][object[]] $ForEach,
        [Alias('Tags')][string[]] $Tag = @(),
        [switch] $Skip
    )

    Assert-Discovering 'It' $true
    foreach ($case in Get-Case $PSBoundParameters.ContainsKey('ForEach') $ForEach "It '$Name'") {
        $block = New-Block $Name $case.Item $case.HasItem $Tag $Skip $script:Current
        $block.Body = $Test
        $script:Current.Children.Add($block)
    }
}

# One command under the four names of $SetupNames, each of which is a property of the block.
function BeforeAll {
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0)][scriptblock] $ScriptBlock)

    $kind = $MyInvocation.MyCommand.Name
    Assert-Discovering $kind $false
    if ($script:Current.$kind) { throw "$kind is there twice in '$($script:Current.Name)'." }
    $script:Current.$kind = $ScriptBlock
}

${function:BeforeEach} = ${function:BeforeAll}
${function:AfterEach} = ${function:BeforeAll}
${function:AfterAll} = ${function:BeforeAll}

# Its variables are for the bodies of Describe and Context around it, so that the block runs in the caller's own scope:
# it is bound to the caller's session state, and a function of a module opens no scope there.
function BeforeDiscovery {
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0)][scriptblock] $ScriptBlock)
    Assert-Discovering 'BeforeDiscovery' $false
    $null = . $ScriptBlock
}
