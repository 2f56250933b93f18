# Should: one parameter set per operator, so that PowerShell itself refuses what is not understood.

function Should {
    [CmdletBinding(DefaultParameterSetName = 'None')]
    param(
        [Parameter(ValueFromPipeline)] $ActualValue,
        [switch] $Not,
        [string] $Because,

        [Parameter(Mandatory, ParameterSetName = 'Be')][switch] $Be,
        [Parameter(Mandatory, ParameterSetName = 'BeExactly')][switch] $BeExactly,
        [Parameter(Mandatory, ParameterSetName = 'BeGreaterThan')][switch] $BeGreaterThan,
        [Parameter(Mandatory, ParameterSetName = 'BeGreaterOrEqual')][switch] $BeGreaterOrEqual,
        [Parameter(Mandatory, ParameterSetName = 'BeLessThan')][switch] $BeLessThan,
        [Parameter(Mandatory, ParameterSetName = 'BeLessOrEqual')][switch] $BeLessOrEqual,
        [Parameter(Mandatory, ParameterSetName = 'BeLike')][switch] $BeLike,
        [Parameter(Mandatory, ParameterSetName = 'BeLikeExactly')][switch] $BeLikeExactly,
        [Parameter(Mandatory, ParameterSetName = 'BeIn')][switch] $BeIn,
        [Parameter(Mandatory, ParameterSetName = 'Contain')][switch] $Contain,
        [Parameter(Mandatory, ParameterSetName = 'HaveCount')][switch] $HaveCount,
        [Parameter(Mandatory, ParameterSetName = 'Match')][switch] $Match,
        [Parameter(Mandatory, ParameterSetName = 'MatchExactly')][switch] $MatchExactly,
        [Parameter(Mandatory, ParameterSetName = 'BeOfType')][switch] $BeOfType,
        [Parameter(Mandatory, ParameterSetName = 'BeTrue')][switch] $BeTrue,
        [Parameter(Mandatory, ParameterSetName = 'BeFalse')][switch] $BeFalse,
        [Parameter(Mandatory, ParameterSetName = 'BeNullOrEmpty')][switch] $BeNullOrEmpty,
        [Parameter(Mandatory, ParameterSetName = 'Exist')][switch] $Exist,
        [Parameter(Mandatory, ParameterSetName = 'Throw')][switch] $Throw,

        [Parameter(Mandatory, Position = 0, ParameterSetName = 'Be')]
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'BeExactly')]
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'BeGreaterThan')]
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'BeGreaterOrEqual')]
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'BeLessThan')]
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'BeLessOrEqual')]
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'BeLike')]
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'BeLikeExactly')]
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'BeIn')]
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'Contain')]
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'HaveCount')]
        [AllowNull()][AllowEmptyString()][AllowEmptyCollection()]
        $ExpectedValue,

        [Parameter(Mandatory, Position = 0, ParameterSetName = 'Match')]
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'MatchExactly')]
        [string] $RegularExpression,

        [Parameter(Mandatory, Position = 0, ParameterSetName = 'BeOfType')]
        $ExpectedType,

        [Parameter(Position = 0, ParameterSetName = 'Throw')][string] $ExpectedMessage,
        [Parameter(Position = 1, ParameterSetName = 'Throw')][string] $ErrorId,
        [Parameter(Position = 2, ParameterSetName = 'Throw')][type] $ExceptionType,
        [Parameter(ParameterSetName = 'Throw')][switch] $PassThru
    )

    begin {
        $operator = $PSCmdlet.ParameterSetName
        if ($operator -eq 'None') { throw 'Should needs an operator, such as -Be.' }
        if ($PSBoundParameters.ContainsKey('ActualValue')) { throw 'Should takes the actual value from the pipeline only.' }
        if (-not $PSBoundParameters[$operator]) { throw "Should does not understand -${operator}:`$false; use -Not." }
        $actual = [Collections.Generic.List[object]]::new()
    }

    process {
        $actual.Add($ActualValue)
    }

    end {
        # These judge the input as one collection; the others each of its items, or $null when there is none.
        $values = [Collections.Generic.List[object]]::new()
        if ($operator -in 'Be', 'BeExactly', 'BeNullOrEmpty', 'Contain', 'HaveCount') { $values.Add($actual.ToArray()) }
        elseif ($actual.Count -eq 0) { $values.Add($null) }
        else { $values = $actual }

        foreach ($value in $values) {
            $verdict = if ($operator -eq 'Throw') {
                Test-Throw $value $ExpectedMessage $ErrorId $ExceptionType
            }
            else {
                $expected = switch ($operator) {
                    'BeOfType' { $ExpectedType }
                    { $_ -like 'Match*' } { $RegularExpression }
                    default { , $ExpectedValue }
                }
                Test-Operator $operator $value $expected
            }

            if ($verdict.Holds -eq [bool] $Not) {
                $because = if ($Because) { ", because $($Because -replace '^because\s+')," } else { '' }
                $message = "Expected $(if ($Not) { 'not ' })$($verdict.Expectation)$because but $($verdict.Finding)."
                $PSCmdlet.ThrowTerminatingError([Management.Automation.ErrorRecord]::new(
                        [Exception]::new($message), 'PesterAssertionFailed', 'InvalidResult', $value))
            }

            if ($PassThru -and $verdict.Error) { $verdict.Error }
        }
    }
}

function New-Verdict([bool] $Holds, [string] $Expectation, [string] $Finding, $Thrown) {
    [pscustomobject]@{ Holds = $Holds; Expectation = $Expectation; Finding = $Finding; Error = $Thrown }
}

function Test-Operator([string] $Operator, $Actual, $Expected) {
    $holds = switch ($Operator) {
        'Be' { Test-Equal $Actual $Expected $false }
        'BeExactly' { Test-Equal $Actual $Expected $true }
        'BeGreaterThan' { $Actual -gt $Expected }
        'BeGreaterOrEqual' { $Actual -ge $Expected }
        'BeLessThan' { $Actual -lt $Expected }
        'BeLessOrEqual' { $Actual -le $Expected }
        'BeLike' { $Actual -like $Expected }
        'BeLikeExactly' { $Actual -clike $Expected }
        'BeIn' { $Expected -contains $Actual }
        'Contain' { $Actual -contains $Expected }
        'HaveCount' { $Actual.Count -eq (ConvertTo-Count $Expected) }
        'Match' { $Actual -match $Expected }
        'MatchExactly' { $Actual -cmatch $Expected }
        'BeOfType' { $Actual -is (ConvertTo-Type $Expected) }
        'BeTrue' { [bool] $Actual }
        'BeFalse' { -not $Actual }
        'BeNullOrEmpty' { Test-NullOrEmpty $Actual }
        'Exist' { $ExecutionContext.SessionState.InvokeProvider.Item.Exists([string] $Actual) }
        default { throw "Should does not understand -$Operator." }
    }

    $expectation = switch ($Operator) {
        'Be' { Format-Value $Expected }
        'BeExactly' { "exactly $(Format-Value $Expected)" }
        'BeTrue' { '$true' }
        'BeFalse' { '$false' }
        'BeNullOrEmpty' { '$null or empty' }
        'Exist' { "path $(Format-Value $Actual) to exist" }
        'HaveCount' { "a collection of $Expected" }
        default { "the value to $($Operator -creplace '([A-Z])', ' $1' -replace '^ ' | ForEach-Object ToLowerInvariant) $(Format-Value $Expected)" }
    }
    $finding = switch ($Operator) {
        'HaveCount' { "got $($Actual.Count): $(Format-Value $Actual)" }
        'BeOfType' { "got $(Format-Value $Actual)$(if ($null -ne $Actual) { " of type [$($Actual.GetType())]" })" }
        'Exist' { $(if ($holds) { 'it does' } else { 'it does not' }) }
        default { "got $(Format-Value $Actual)" }
    }
    New-Verdict ([bool] $holds) $expectation $finding
}

# Arrays are equal when their items are; one item equals itself, and none equals $null.
function Test-Equal($Actual, $Expected, [bool] $CaseSensitive, [int] $Depth = 0) {
    if ($Depth -gt 100) { throw 'The arrays to compare are nested too deeply.' }
    $left = @($Actual)
    $right = @($Expected)
    $leftIsEmpty = $left.Count -eq 0 -or ($left.Count -eq 1 -and $null -eq $left[0])
    $rightIsEmpty = $right.Count -eq 0 -or ($right.Count -eq 1 -and $null -eq $right[0])
    if ($leftIsEmpty -or $rightIsEmpty) { return $leftIsEmpty -and $rightIsEmpty }
    if ($left.Count -ne $right.Count) { return $false }
    for ($i = 0; $i -lt $left.Count; $i++) {
        $isEqual = if ($left[$i] -is [array] -or $right[$i] -is [array]) {
            Test-Equal $left[$i] $right[$i] $CaseSensitive ($Depth + 1)
        }
        elseif ($CaseSensitive) { $right[$i] -ceq $left[$i] }
        else { $right[$i] -eq $left[$i] }
        if (-not $isEqual) { return $false }
    }
    $true
}

function Test-NullOrEmpty([object[]] $Actual) {
    if ($Actual.Count -ne 1) { return $Actual.Count -eq 0 }
    if ($Actual[0] -is [hashtable]) { return $Actual[0].Count -eq 0 }
    [string]::IsNullOrEmpty($Actual[0])
}

function Test-Throw($Script, [string] $Message, [string] $Id, [type] $Type) {
    if ($Script -isnot [scriptblock]) { throw 'Should -Throw takes a script block: { ... } | Should -Throw.' }
    $thrown = $null
    $isDone = $false
    try {
        do { $null = & $Script; $isDone = $true } until ($true)
    }
    catch {
        $thrown = $_
    }
    if (-not $isDone -and -not $thrown) { throw 'The script block ended by break or continue outside of a loop.' }

    $wanted = @()
    $found = @()
    if ($Type) {
        $wanted += "type [$Type]"
        if ($thrown -and $thrown.Exception -isnot $Type) { $found += "its type is [$($thrown.Exception.GetType())]" }
    }
    if ($Message) {
        $wanted += "message like '$Message'"
        if ($thrown -and $thrown.Exception.Message -notlike $Message) { $found += "its message is '$($thrown.Exception.Message)'" }
    }
    if ($Id) {
        $wanted += "id like '$Id'"
        if ($thrown -and $thrown.FullyQualifiedErrorId -notlike $Id) { $found += "its id is '$($thrown.FullyQualifiedErrorId)'" }
    }
    $holds = $thrown -and $found.Count -eq 0
    if (-not $thrown) { $found = @('nothing was thrown') }
    elseif ($holds) { $found = @("one was thrown: '$($thrown.Exception.Message)', id '$($thrown.FullyQualifiedErrorId)'") }
    New-Verdict $holds "an exception$(if ($wanted) { ' with ' + ($wanted -join ', ') })" ($found -join ', ') $thrown
}

function ConvertTo-Type($Expected) {
    if ($Expected -is [type]) { return $Expected }
    $type = ([string] $Expected).Trim('[', ']') -as [type]
    if (-not $type) { throw "Should -BeOfType does not find the type '$Expected'." }
    $type
}

function ConvertTo-Count($Expected) {
    if ($Expected -as [int] -lt 0) { throw 'Should -HaveCount needs a count of 0 or more.' }
    [int] $Expected
}

function Format-Value($Value) {
    if ($null -eq $Value) { return '$null' }
    if ($Value -is [array] -and $Value.Count -eq 1) { return Format-Value $Value[0] }
    if ($Value -is [array]) { return '@(' + (@(foreach ($item in $Value) { Format-Value $item }) -join ', ') + ')' }
    if ($Value -is [string]) { return "'$Value'" }
    if ($Value -is [bool]) { return "`$$Value".ToLowerInvariant() }
    [string] $Value
}
