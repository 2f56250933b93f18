# The run: every block is one scope of the caller's session state. BeforeAll is dot-sourced into it, the tests and inner
# blocks run in child scopes, so that they see its variables and cannot change them.

$script:FullPowerShellTag = 'FullPowerShell'
$script:SkippedId = 'PesterSubsetSkipped'

# One scope's worth of work. Errors collects what was thrown; HasSetUp tells that every setup block ran to its end.
function New-Step($Owner, [scriptblock] $Body, [scriptblock[]] $Setup = @(), [scriptblock[]] $Teardown = @()) {
    [pscustomobject]@{
        Variables = $(if ($Owner.HasItem -and $Owner.Item -is [Collections.IDictionary]) { $Owner.Item } else { @{} })
        HasItem = $Owner.HasItem; Item = $Owner.Item; Owner = $Owner; NameTemplate = $null
        Setup = $Setup; Body = $Body; Teardown = $Teardown; Arguments = @{}
        HasSetUp = $false; IsDone = $false; Errors = [Collections.Generic.List[object]]::new()
    }
}

# Runs in the caller's session state (see Invoke-PesterSubset), hence the long names: every variable of it is seen by
# the tests. A stray break or continue in a block ends the do loop around it, not this script, and leaves IsDone false.
$script:StepRunner = {
    param($PesterSubset)
    foreach ($PesterSubsetEntry in $PesterSubset.Variables.GetEnumerator()) {
        $ExecutionContext.SessionState.PSVariable.Set([string] $PesterSubsetEntry.Key, $PesterSubsetEntry.Value)
    }
    if ($PesterSubset.HasItem) { $_ = $PesterSubset.Item }
    $PesterSubsetArguments = $PesterSubset.Arguments
    $PesterSubsetStray = 'A block ended by break or continue outside of a loop.'
    try {
        if ($null -ne $PesterSubset.NameTemplate) {
            $PesterSubset.Owner.ShownName = $ExecutionContext.InvokeCommand.ExpandString($PesterSubset.NameTemplate)
        }
        foreach ($PesterSubsetBlock in $PesterSubset.Setup) {
            $PesterSubset.IsDone = $false
            do { $null = . $PesterSubsetBlock; $PesterSubset.IsDone = $true } until ($true)
            if (-not $PesterSubset.IsDone) { throw $PesterSubsetStray }
        }
        $PesterSubset.HasSetUp = $true
        $PesterSubset.IsDone = $false
        do { $null = . $PesterSubset.Body @PesterSubsetArguments; $PesterSubset.IsDone = $true } until ($true)
        if (-not $PesterSubset.IsDone) { throw $PesterSubsetStray }
    }
    catch {
        $PesterSubset.Errors.Add($_)
    }
    foreach ($PesterSubsetBlock in $PesterSubset.Teardown) {
        try {
            $PesterSubset.IsDone = $false
            do { $null = . $PesterSubsetBlock; $PesterSubset.IsDone = $true } until ($true)
            if (-not $PesterSubset.IsDone) { throw $PesterSubsetStray }
        }
        catch {
            $PesterSubset.Errors.Add($_)
        }
    }
}

function Invoke-TestFile([string] $File) {
    $Host.UI.WriteLine($File)
    $root = New-Block $File $null $false @() $false $null
    $script:Current = $root
    try {
        $null = & $script:ReadInCaller $File
    }
    catch {
        Write-Failure 'discovery' @($_)
        return
    }
    finally {
        $script:Current = $null
    }

    $script:IsRunning = $true
    $drive = New-TestDrive
    try {
        Invoke-Block $root
    }
    finally {
        Remove-TestDrive $drive
        $script:IsRunning = $false
    }
}

function Invoke-Block($Block) {
    if (-not (Test-HasWork $Block)) {
        Write-AllSkipped $Block
        return
    }

    $driveContent = Get-TestDriveContent
    $step = New-Step -Owner $Block -Body $script:ChildrenRunner `
        -Setup @($Block.BeforeAll).Where({ $_ }) -Teardown @($Block.AfterAll).Where({ $_ })
    $step.Arguments = @{ Block = $Block }
    if ($Block.Parent) { $step.NameTemplate = ConvertTo-NameTemplate $Block.Name }
    & $script:RunInCaller $step
    Restore-TestDriveContent $driveContent

    if (-not $step.HasSetUp) {
        Write-AllFailed $Block $step.Errors[0]
        $step.Errors.RemoveAt(0)
    }
    if ($step.Errors) { Write-Failure "$(Get-FullName $Block) > AfterAll" $step.Errors }
}

# Bound to this module; run by the step of the block, inside its scope.
$script:ChildrenRunner = {
    param($Block)
    foreach ($child in $Block.Children) {
        if ($child.Body) { Invoke-Test $child } else { Invoke-Block $child }
    }
}

function Invoke-Test($Test) {
    $reason = Get-SkipReason $Test
    if ($reason) { Write-Skipped $Test $reason; return }
    if (-not (Test-IsWanted $Test)) { return }

    $chain = @(Get-Ancestor $Test)  # innermost first
    $setup = [scriptblock[]] @($chain.BeforeEach).Where({ $_ })
    [array]::Reverse($setup)
    $step = New-Step -Owner $Test -Setup $setup -Body $Test.Body -Teardown @($chain.AfterEach).Where({ $_ })
    if ($Test.Body.Ast.ParamBlock) { $step.Arguments = $step.Variables }
    $step.NameTemplate = ConvertTo-NameTemplate $Test.Name

    $watch = [Diagnostics.Stopwatch]::StartNew()
    & $script:RunInCaller $step
    $name = Get-FullName $Test
    if ($step.Errors -and $step.Errors[0].FullyQualifiedErrorId -like "$script:SkippedId*" -and $step.Errors.Count -eq 1) {
        Write-Skipped $Test $step.Errors[0].Exception.Message
    }
    elseif ($step.Errors) {
        Write-Failure $name $step.Errors
    }
    else {
        $script:Results.Passed++
        $Host.UI.WriteLine("  [+] $name ($($watch.ElapsedMilliseconds) ms)")
    }
}

function Set-ItResult {
    [CmdletBinding()]
    param([Parameter(Mandatory)][switch] $Skipped, [string] $Because = 'the test says so')
    if (-not $Skipped) { throw 'Set-ItResult knows only -Skipped.' }
    $exception = [Management.Automation.RuntimeException]::new($Because)
    $PSCmdlet.ThrowTerminatingError([Management.Automation.ErrorRecord]::new($exception, $script:SkippedId, 'NotSpecified', $null))
}

function Get-Ancestor($Block) {
    for ($at = $Block.Parent; $at; $at = $at.Parent) { $at }
}

function Get-FullName($Block) {
    $names = @($Block) + @(Get-Ancestor $Block) | Where-Object Parent | ForEach-Object ShownName
    $names = [string[]] @($names)
    [array]::Reverse($names)
    $names -join ' > '
}

function Get-SkipReason($Block) {
    foreach ($at in @($Block) + @(Get-Ancestor $Block)) {
        if ($at.Tag -contains $script:FullPowerShellTag) { return "needs a full PowerShell (tag $script:FullPowerShellTag)" }
        if ($at.Skip) { return '-Skip' }
    }
}

function Test-IsWanted($Test) { (Get-FullName $Test) -like $script:Filter }

function Test-HasWork($Block) {
    if ($Block.Body) { return -not (Get-SkipReason $Block) -and (Test-IsWanted $Block) }
    foreach ($child in $Block.Children) { if (Test-HasWork $child) { return $true } }
    $false
}

# 'reads <Name>' becomes a string that the engine expands in the scope of the test; `< is a plain <.
function ConvertTo-NameTemplate([string] $Name) {
    $text = [regex]::Replace($Name, '`<|<([^<>]*)>|[`$"]', {
        param($match)
        $inner = $match.Groups[1]
        if ($match.Value -eq '`<') { '<' }
        elseif (-not $inner.Success) { '`' + $match.Value }
        elseif ($inner.Value -match '^\w+(\.\w+)*$') { '$($' + $inner.Value + ')' }
        else { throw "The name '$Name' has '$($match.Value)', which is no <variable.property>; write ```< for a plain <." }
    })
    $text
}

function Write-Skipped($Test, [string] $Reason) {
    if (-not (Test-IsWanted $Test)) { return }
    $script:Results.Skipped++
    $Host.UI.WriteLine("  [!] $(Get-FullName $Test): skipped, $Reason")
}

function Write-AllSkipped($Block) {
    if ($Block.Body) { Write-Skipped $Block (Get-SkipReason $Block); return }
    foreach ($child in $Block.Children) { Write-AllSkipped $child }
}

function Write-AllFailed($Block, $Cause) {
    $reason = Get-SkipReason $Block
    if ($Block.Body -and $reason) { Write-Skipped $Block $reason }
    elseif ($Block.Body -and (Test-IsWanted $Block)) { Write-Failure (Get-FullName $Block) @($Cause) 'BeforeAll failed: ' }
    foreach ($child in $Block.Children) { Write-AllFailed $child $Cause }
}

function Write-Failure([string] $Name, [object[]] $Causes, [string] $Prefix = '') {
    $script:Results.Failed++
    $Host.UI.WriteLine("  [-] $Name")
    foreach ($cause in $Causes) {
        $message = if ($cause -is [Management.Automation.ErrorRecord]) { $cause.Exception.Message } else { [string] $cause }
        foreach ($line in ($Prefix + $message) -split '\r?\n') { $Host.UI.WriteLine("      $line") }
        if ($cause -isnot [Management.Automation.ErrorRecord]) { continue }
        # The stack without the frames of this runner: the first is where the test stands.
        $frames = @($cause.ScriptStackTrace -split '\r?\n').Where({ $_ -and -not $_.Contains($PSScriptRoot) })
        foreach ($frame in $frames[0..2]) { if ($frame) { $Host.UI.WriteLine("      $frame") } }
    }
}
