# The help is written by hand, the cmdlets are code: these tests fail when the two disagree.

BeforeDiscovery {
    Import-Module ([WildcardPattern]::Escape(($env:LOWMEM_TEST_MODULE ? $env:LOWMEM_TEST_MODULE : [IO.Path]::GetFullPath("$PSScriptRoot/../../out/LowMem/LowMem.psd1"))))
    $cmdlets = @(Get-Command -Module LowMem -CommandType Cmdlet | ForEach-Object { @{ Name = $_.Name } })
}

BeforeAll {
    Import-Module ([WildcardPattern]::Escape(($env:LOWMEM_TEST_MODULE ? $env:LOWMEM_TEST_MODULE : [IO.Path]::GetFullPath("$PSScriptRoot/../../out/LowMem/LowMem.psd1"))))
    $pages = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../docs/en-US")
    # Parameters that PowerShell adds to every cmdlet; their help is PowerShell's own.
    $common = [System.Management.Automation.Cmdlet]::CommonParameters

    function ConvertTo-SortedText([string[]] $Lines) {
        [array]::Sort($Lines, [System.StringComparer]::Ordinal)
        $Lines -join "`n"
    }

    # One line per parameter, one block per parameter set. Of positions, their order counts: platyPS numbers them anew.
    function Get-SetText($Parameters, [scriptblock] $Describe) {
        $positional = @($Parameters | Where-Object { "$($_.Position)" -match '^\d+$' } | Sort-Object { [int] $_.Position })
        ConvertTo-SortedText @(foreach ($parameter in $Parameters | Where-Object { -not $common.Contains($_.Name) }) {
            $position = [array]::IndexOf(@($positional.Name), $parameter.Name)
            "  -$($parameter.Name) <$($parameter | ForEach-Object $Describe)> position $position"
        })
    }

    # How the engine sees the cmdlet.
    function Get-MetadataText($Command) {
        ConvertTo-SortedText @(foreach ($set in $Command.ParameterSets) {
            Get-SetText $set.Parameters { "$($_.ParameterType.ToString())> required $($_.IsMandatory)" }
        })
    }

    # The same lines from what Get-Help says.
    function Get-HelpText($Help) {
        ConvertTo-SortedText @(foreach ($item in $Help.syntax.syntaxItem) {
            Get-SetText $item.parameter { "$($_.type.name)> required $($_.required)" }
        })
    }

    # One line per parameter: what holds in every set that it is in. (A dictionary with a key "Values" gives that for .Values.)
    function Get-BindingText($Command) {
        ConvertTo-SortedText @(foreach ($parameter in $Command.Parameters.get_Values()) {
            if ($common.Contains($parameter.Name)) { continue }
            $sources = @(
                if ($parameter.ParameterSets.Values.ValueFromPipeline -contains $true) { 'ByValue' }
                if ($parameter.ParameterSets.Values.ValueFromPipelineByPropertyName -contains $true) { 'ByPropertyName' })
            $wildcards = @($parameter.Attributes).Where({ $_ -is [System.Management.Automation.SupportsWildcardsAttribute] }).Count -gt 0
            "-$($parameter.Name) pipeline $($sources.Count -gt 0) ($($sources -join ', ')) wildcards $wildcards aliases $($parameter.Aliases -join ', ')"
        })
    }

    function Get-HelpBindingText($Help) {
        ConvertTo-SortedText @(foreach ($parameter in $Help.parameters.parameter) {
            $pipeline, $sources = "$($parameter.pipelineInput)" -split ' ', 2
            $aliases = "$($parameter.aliases)" -replace '^none$'
            "-$($parameter.name) pipeline $pipeline $($sources ? $sources : '()') wildcards $($parameter.globbing) aliases $aliases"
        })
    }

    function Get-Text($Paragraphs) {
        @(foreach ($paragraph in $Paragraphs) { $paragraph.Text }) -join "`n"
    }
}

Describe 'Help of <Name>' -ForEach $cmdlets {
    BeforeAll {
        $command = Get-Command "LowMem\$Name"
        $help = Get-Help "LowMem\$Name" -Full
    }

    It 'has a page in docs/en-US' {
        [System.IO.File]::Exists("$pages/$Name.md") | Should -BeTrue
    }

    It 'has a synopsis, a description and notes' {
        # Without a help file, Get-Help makes a synopsis of the syntax, which begins with the name.
        $help.Synopsis.Trim().StartsWith($Name) | Should -BeFalse
        Get-Text $help.description | Should -Not -BeNullOrEmpty
        Get-Text $help.alertSet.alert | Should -Not -BeNullOrEmpty
    }

    It 'has at least three examples, each with code and a title that says what for' {
        $examples = @($help.examples.example)
        $examples.Count | Should -BeGreaterOrEqual 3
        foreach ($example in $examples) {
            $example.title | Should -Match 'Example \d+: \w'
            $example.code | Should -Not -BeNullOrEmpty -Because $example.title
        }
    }

    It 'calls the cmdlet in every example, with parameters that exist' {
        foreach ($example in @($help.examples.example)) {
            $errors = $null
            $ast = [System.Management.Automation.Language.Parser]::ParseInput($example.code, [ref]$null, [ref]$errors)
            $errors | Should -BeNullOrEmpty -Because $example.title
            $calls = @($ast.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true) |
                Where-Object { $_.GetCommandName() -eq $Name })
            $calls.Count | Should -Not -Be 0 -Because $example.title
            foreach ($argument in $calls.CommandElements) {
                if ($argument -is [System.Management.Automation.Language.CommandParameterAst]) {
                    $command.Parameters.ContainsKey($argument.ParameterName) |
                        Should -BeTrue -Because "$($example.title) uses -$($argument.ParameterName)"
                }
            }
        }
    }

    It 'shows the parameter sets as they are: types, positions, what is required' {
        Get-HelpText $help | Should -Be (Get-MetadataText $command)
    }

    It 'shows pipeline input, wildcards and aliases as they are' {
        Get-HelpBindingText $help | Should -Be (Get-BindingText $command)
    }

    It 'is plain text' {
        $text = $help | Out-String -Width 80
        $text | Should -Not -Match '```|\*\*|\p{Cc}(?<![\r\n\t\e])'
    }

    It 'describes every parameter' {
        $described = @(foreach ($parameter in $help.parameters.parameter) {
            Get-Text $parameter.description | Should -Not -BeNullOrEmpty -Because $parameter.name
            $parameter.name
        })
        $existing = @($command.Parameters.Keys | Where-Object { -not $common.Contains($_) })
        ConvertTo-SortedText $described | Should -Be (ConvertTo-SortedText $existing)
    }

    It 'names the types that the cmdlet writes' {
        $described = @($help.returnValues.returnValue | ForEach-Object { $_.type.name } | Where-Object { $_ -ne 'None' })
        $declared = @($command.OutputType | ForEach-Object { $_.Name })
        ConvertTo-SortedText $described | Should -Be (ConvertTo-SortedText $declared)
    }

    It 'links to cmdlets that exist' {
        $links = @($help.relatedLinks.navigationLink)
        $links.Count | Should -Not -Be 0
        foreach ($link in $links) {
            Get-Command "LowMem\$($link.linkText)" | Should -Not -BeNullOrEmpty
        }
    }
}

Describe 'docs/en-US' {
    It 'is what the help file was made from' {
        Import-Module ([WildcardPattern]::Escape("$PSScriptRoot/../../tools/Help.psm1"))
        $made = Get-Content -LiteralPath "$PSScriptRoot/../../src/LowMem.PowerShell/en-US/pages.sha256"
        Get-PageDigest $pages | Should -Be $made -Because 'pages that have changed need ./build.ps1 Help'
    }

    It 'names every error id and every code of a finding' {
        $text = @([IO.Directory]::GetFiles($pages, '*.md') | ForEach-Object { [IO.File]::ReadAllText($_) }) -join "`n"
        # Of a program only: the parameters of the cmdlets leave no way to give such options.
        $programs = 'ImportOptionsInvalid'
        $types = [LowMem.Checkpoints.Diagnostics.CheckpointErrorIds], [LowMem.Checkpoints.Diagnostics.FindingCodes], [LowMem.Loader.ModelErrorIds],
            [LowMem.Loader.Import.Planning.ModelFit], [LowMem.PowerShell.Errors.ErrorIds]
        foreach ($type in $types) {
            $names = @($type.GetFields().Where({ $_.IsLiteral }) | ForEach-Object { $_.GetRawConstantValue() })
            $names.Count | Should -BeGreaterThan 3
            foreach ($name in $names.Where({ $_ -ne $programs })) {
                $text.Contains("``$name``") | Should -BeTrue -Because $name
            }
        }
    }

    It 'has an overview that Get-Help finds' {
        $topic = Get-Help about_LowMem | Out-String

        $topic | Should -Match 'about_LowMem'
        foreach ($name in (Get-Command -Module LowMem).Name) { $topic | Should -Match $name }
    }

    It 'has topics that Get-Help finds, in 80 columns, with commands and parameters that exist' {
        $topics = @([IO.Directory]::GetFiles($pages, 'about_*.help.txt'))
        $topics.ForEach({ [IO.Path]::GetFileName($_) -replace '\.help\.txt$' }) | Sort-Object |
            Should -Be 'about_LowMem', 'about_LowMem_Formats', 'about_LowMem_Memory', 'about_LowMem_Provider', 'about_LowMem_Safety'
        foreach ($topic in $topics) {
            $lines = [IO.File]::ReadAllLines($topic)
            $name = $lines[1].Trim()
            [IO.Path]::GetFileName($topic) | Should -Be "$name.help.txt"
            Get-Help $name | Out-String | Should -Match ([regex]::Escape($lines[4].Trim()))
            @($lines.Where({ $_.Length -gt 79 })) | Should -BeNullOrEmpty

            # Code is what looks like a call of ours; the rest of a pipeline may be on the next line.
            foreach ($line in $lines -match '^ {8,}.*\b[A-Z]\w+-[A-Z]\w+ .*-[A-Z]' -notmatch '[.,;:] ') {
                $calls = [Management.Automation.Language.Parser]::ParseInput(($line -replace '\|\s*$'), [ref] $null, [ref] $null).FindAll(
                    { $args[0] -is [Management.Automation.Language.CommandAst] }, $true)
                foreach ($call in $calls) {
                    $command = Get-Command $call.GetCommandName() -Module LowMem -ErrorAction Ignore
                    if (-not $command) { continue }
                    foreach ($parameter in $call.CommandElements.Where({ $_ -is [Management.Automation.Language.CommandParameterAst] })) {
                        $command.Parameters.Keys | Should -Contain $parameter.ParameterName -Because "$line"
                    }
                }
            }
            foreach ($seen in [regex]::Matches(($lines -join "`n"), '\b(Get|Test|New|Import|Export|Measure|Move|Convert|Compare|Join|Assert|Install)-(LowMem|Checkpoint|Model|Module)\w*')) {
                Get-Command $seen.Value -Module LowMem -ErrorAction Ignore | Should -Not -BeNullOrEmpty -Because "$($seen.Value) in $name"
            }
        }
    }

    It 'has pages that the README links to, each of them' {
        $readme = [IO.File]::ReadAllText("$pages/../../README.md")
        foreach ($name in (Get-Command -Module LowMem).Name) { $readme.Contains("[$name](docs/en-US/$name.md)") | Should -BeTrue -Because $name }
    }

    It 'has a page for every cmdlet and for nothing else' {
        $names = @([System.IO.Directory]::GetFiles($pages, '*.md') |
            ForEach-Object { [System.IO.Path]::GetFileNameWithoutExtension($_) })
        $existing = @(Get-Command -Module LowMem -CommandType Cmdlet | ForEach-Object { $_.Name })
        ConvertTo-SortedText $names | Should -Be (ConvertTo-SortedText $existing)
    }
}
