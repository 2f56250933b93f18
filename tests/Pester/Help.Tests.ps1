# The help is written by hand, the cmdlets are code: these tests fail when the two disagree.

BeforeDiscovery {
    Import-Module "$PSScriptRoot/../../out/LowMem/LowMem.psd1"
    $cmdlets = @(Get-Command -Module LowMem -CommandType Cmdlet | ForEach-Object { @{ Name = $_.Name } })
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/LowMem/LowMem.psd1"
    $pages = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../docs/en-US")
    # Parameters that PowerShell adds to every cmdlet; their help is PowerShell's own.
    $common = [System.Management.Automation.Cmdlet]::CommonParameters

    function ConvertTo-SortedText([string[]] $Lines) {
        [array]::Sort($Lines, [System.StringComparer]::Ordinal)
        $Lines -join "`n"
    }

    function Format-Parameter($Name, $Type, $Position, $Required, $Pipeline, $Wildcards, $Aliases) {
        "  -$Name <$Type> position $Position, required $Required, pipeline $Pipeline, " +
            "wildcards $Wildcards, aliases $Aliases"
    }

    # One line per parameter, one block per parameter set: how the engine sees the cmdlet.
    function Get-MetadataText($Command) {
        ConvertTo-SortedText @(foreach ($set in $Command.ParameterSets) {
            ConvertTo-SortedText @(foreach ($parameter in $set.Parameters) {
                if ($common.Contains($parameter.Name)) { continue }
                $sources = @(
                    if ($parameter.ValueFromPipeline) { 'ByValue' }
                    if ($parameter.ValueFromPipelineByPropertyName) { 'ByPropertyName' })
                $position = if ($parameter.Position -lt 0) { 'named' } else { "$($parameter.Position)" }
                $wildcards = $false
                foreach ($attribute in $parameter.Attributes) {
                    if ($attribute -is [System.Management.Automation.SupportsWildcardsAttribute]) { $wildcards = $true }
                }
                Format-Parameter $parameter.Name $parameter.ParameterType.FullName $position `
                    "$($parameter.IsMandatory)".ToLowerInvariant() `
                    $(if ($sources) { "true ($($sources -join ', '))" } else { 'false' }) `
                    "$wildcards".ToLowerInvariant() `
                    $(if ($parameter.Aliases.Count) { $parameter.Aliases -join ', ' } else { 'none' })
            })
        })
    }

    # The same lines from what Get-Help says.
    function Get-HelpText($Help) {
        ConvertTo-SortedText @(foreach ($item in $Help.syntax.syntaxItem) {
            ConvertTo-SortedText @(foreach ($parameter in $item.parameter) {
                Format-Parameter $parameter.name $parameter.type.name $parameter.position $parameter.required `
                    $parameter.pipelineInput $parameter.globbing $parameter.aliases
            })
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

    It 'has at least two examples, each with code' {
        $examples = @($help.examples.example)
        ($examples.Count -ge 2) | Should -BeTrue
        foreach ($example in $examples) {
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

    It 'shows the parameter sets as they are: types, positions, pipeline input, wildcards, aliases' {
        Get-HelpText $help | Should -Be (Get-MetadataText $command)
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
    It 'names every error id and every code of a finding' {
        $text = @([IO.Directory]::GetFiles($pages, '*.md') | ForEach-Object { [IO.File]::ReadAllText($_) }) -join "`n"
        # Of a program only: the parameters of the cmdlets leave no way to give such options.
        $programs = 'ImportOptionsInvalid'
        $types = [LowMem.Checkpoints.CheckpointErrorIds], [LowMem.Checkpoints.FindingCodes], [LowMem.Loader.ModelErrorIds],
            [LowMem.Loader.Import.ModelFit], [LowMem.PowerShell.Errors.ErrorIds]
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

    It 'has a page for every cmdlet and for nothing else' {
        $names = @([System.IO.Directory]::GetFiles($pages, '*.md') |
            ForEach-Object { [System.IO.Path]::GetFileNameWithoutExtension($_) })
        $existing = @(Get-Command -Module LowMem -CommandType Cmdlet | ForEach-Object { $_.Name })
        ConvertTo-SortedText $names | Should -Be (ConvertTo-SortedText $existing)
    }
}
