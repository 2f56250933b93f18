# What the tests of this repository expect of Pester. The file runs in real Pester 5 and in tools/PesterSubset, which
# must mean the same. What must fail is tested in tests/LowMem.PowerShellHost.Tests.

BeforeDiscovery {
    $cases = @(@{ Number = 1; Text = 'a' }, @{ Number = 2; Text = 'b' })
    $marks = 'x', 'y'
}

BeforeAll {
    $fileLevel = 'file'
    $script:Log = [Collections.Generic.List[string]]::new()
    function Get-FileLevel { $fileLevel }
}

Describe 'Scopes' {
    BeforeAll { $block = "$fileLevel-block" }
    BeforeEach { $each = "$block-each"; $own = $null }
    AfterEach { $script:Log.Add("after:$own") }

    It 'shows the variables and functions of the blocks around' {
        $fileLevel, $block, $each, (Get-FileLevel) | Should -Be 'file', 'file-block', 'file-block-each', 'file'
        $own = 'first'
        $block = 'changed here only'
    }

    It 'lets AfterEach see what the test before set' {
        $script:Log | Should -Be @('after:first')
    }

    It 'keeps a change of a test to itself' { $block | Should -Be 'file-block' }

    Context 'inside' {
        BeforeAll { $block = "$block-inner" }
        BeforeEach { $each = "$each-inner" }

        It 'runs the outer BeforeEach first' { $each | Should -Be 'file-block-inner-each-inner' }
    }

    It 'keeps a change of an inner block to itself' { $block | Should -Be 'file-block' }
    It 'knows the place of its file' { Split-Path $PSScriptRoot -Leaf | Should -Be 'Tools' }
}

Describe 'Data' {
    It 'sets the keys of an item as variables: <Number> <Text>' -ForEach $cases {
        "$Number$Text" | Should -BeIn '1a', '2b'
        $_.Number | Should -Be $Number
    }

    It 'passes them to a param block: <Number>' -TestCases $cases {
        param($Text, $Number)
        "$Number$Text" | Should -BeIn '1a', '2b'
    }

    It 'sets $_ to an item: <_>' -ForEach 1, 2 { $_ | Should -BeIn 1, 2 }

    Context 'for a block: <_>' -ForEach $marks {
        BeforeAll { $fromBlock = "<$_>" }
        It 'sees <_> in its tests' { $fromBlock | Should -Be "<$_>" }
        It 'and its own items: <_>' -ForEach 5 { "$fromBlock$_" | Should -BeIn '<x>5', '<y>5' }
    }

    It 'writes a plain `<name> and $dollar' { $true | Should -BeTrue }
}

Describe 'TestDrive' {
    BeforeAll { 'block' > (Join-Path $TestDrive 'block.txt') }

    It 'is a drive and a directory' {
        'x' > TestDrive:/test.txt
        Join-Path $TestDrive 'test.txt' | Should -Exist
        'TestDrive:/block.txt' | Should -Exist
    }

    Context 'inside' {
        BeforeAll { 'inner' > (Join-Path $TestDrive 'inner.txt') }
        It 'has the files of both blocks' { 'TestDrive:/block.txt', 'TestDrive:/inner.txt' | Should -Exist }
    }

    It 'forgets the files of an inner block' {
        'TestDrive:/inner.txt' | Should -Not -Exist
        'TestDrive:/test.txt' | Should -Exist
    }
}

Describe 'Should' {
    It 'compares values and arrays' {
        1 | Should -Be 1
        '1' | Should -Be 1
        'A' | Should -Be 'a'
        'A' | Should -Not -BeExactly 'a'
        1, 2 | Should -Be 1, 2
        1, 2 | Should -Not -Be 2, 1
        , @(1, 2) | Should -Not -Be 1, 2
        @() | Should -Be $null
        $null | Should -Not -Be 0
        '' | Should -Not -Be $null
    }

    It 'compares sizes of each item' {
        1, 2 | Should -BeGreaterThan 0
        1, 2 | Should -BeGreaterOrEqual 1
        1, 2 | Should -BeLessThan 3
        1, 2 | Should -BeLessOrEqual 2
        1 | Should -Not -BeGreaterThan 1
    }

    It 'matches text' {
        'abc' | Should -BeLike 'A*'
        'abc' | Should -Not -BeLikeExactly 'A*'
        'abc' | Should -Match '^AB'
        'abc' | Should -Not -MatchExactly '^AB'
    }

    It 'looks into collections' {
        1, 2 | Should -Contain 2
        1, 2 | Should -Not -Contain 3
        1, 2 | Should -HaveCount 2
        @() | Should -HaveCount 0
        2 | Should -BeIn 1, 2
        @() | Should -BeNullOrEmpty
        '' | Should -BeNullOrEmpty
        @{} | Should -BeNullOrEmpty
        0 | Should -Not -BeNullOrEmpty
    }

    It 'judges types and truth' {
        1 | Should -BeOfType ([int])
        1 | Should -BeOfType int
        1 | Should -Not -BeOfType ([long])
        1 | Should -BeTrue
        @() | Should -BeFalse
        $true | Should -Not -BeFalse
    }

    It 'catches what is thrown' {
        { throw 'some [text]' } | Should -Throw
        { throw 'some text' } | Should -Throw 'some*'
        { throw 'some text' } | Should -Throw -ExpectedMessage '*text' -ExceptionType ([Management.Automation.RuntimeException])
        { [int] 'x' } | Should -Throw -ErrorId 'InvalidCastFromStringToInteger'
        { 1 } | Should -Not -Throw
        ({ throw 'passed' } | Should -Throw -PassThru).Exception.Message | Should -Be 'passed'
    }

    It 'takes an error that does not terminate for no exception' {
        { Write-Error 'reported' 2>$null } | Should -Not -Throw
        { Write-Error 'reported' -ErrorAction Stop } | Should -Throw 'reported'
    }
}

Describe 'Skipping' {
    It 'does not run a skipped test' -Skip { throw 'ran' }

    Context 'a skipped block' -Skip {
        BeforeAll { throw 'ran' }
        It 'does not run' { throw 'ran' }
    }

    It 'stops at Set-ItResult' {
        Set-ItResult -Skipped -Because 'the test shows it'
        throw 'ran'
    }
}

Describe 'FullPowerShell' -Tag FullPowerShell {
    It 'runs in real Pester only' { Get-Module Pester | Should -Not -BeNullOrEmpty }
}
