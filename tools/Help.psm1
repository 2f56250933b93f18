# Turns what platyPS makes of docs/en-US into help that reads well in a terminal, and records the pages it was made from.

$digestName = 'pages.sha256'

function Get-PageDigest {
    <#
    .SYNOPSIS
        The SHA-256 of every page of help, one line each, as sha256sum writes them.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)][string] $Directory)

    foreach ($page in [IO.Directory]::GetFiles($Directory, '*.md') | Sort-Object -Culture '') {
        $text = [IO.File]::ReadAllText($page).ReplaceLineEndings("`n")
        $digest = [Security.Cryptography.SHA256]::HashData([Text.Encoding]::UTF8.GetBytes($text))
        '{0}  {1}' -f [Convert]::ToHexStringLower($digest), [IO.Path]::GetFileName($page)
    }
}

# Markdown in pieces: fenced code as it is, prose as one line for each paragraph and list item, without marks.
function Split-Markdown([string] $Text) {
    $pieces = [Text.RegularExpressions.Regex]::Split($Text.Trim(), '(?ms)^```\w*\n(.*?)\n?^```[ ]*$')
    for ($i = 0; $i -lt $pieces.Count; $i++) {
        # Every second piece is what the brackets of the pattern took: the code.
        if ($i % 2) { [pscustomobject]@{ IsCode = $true; Text = $pieces[$i] }; continue }
        foreach ($paragraph in $pieces[$i] -split '\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )') {
            $line = ($paragraph.Trim() -replace '\s*\n\s*', ' ') -replace '`([^`]*)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\([^)]*\)', '$1$2$3'
            if ($line) { [pscustomobject]@{ IsCode = $false; Text = $line } }
        }
    }
}

function Set-Paragraph([Xml.XmlElement] $Element, [string[]] $Text) {
    $Element.RemoveAll()
    foreach ($paragraph in $Text) {
        $child = $Element.OwnerDocument.CreateElement('maml', 'para', 'http://schemas.microsoft.com/maml/2004/10')
        $child.InnerText = $paragraph
        $null = $Element.AppendChild($child)
    }
}

# platyPS leaves all of an example in its introduction, fences included, with a control character for an empty line.
function Edit-Example([Xml.XmlElement] $Example) {
    $paragraphs = @($Example['maml:introduction'].ChildNodes | ForEach-Object InnerText) -join "`n`n"
    $pieces = @(Split-Markdown $paragraphs.Replace("`n`n`u{80}`n`n", "`n`n"))
    $code = [array]::FindIndex([object[]] $pieces, [Predicate[object]] { $args[0].IsCode })
    if ($code -lt 0) { throw "'$($Example['maml:title'].InnerText)' has no code." }
    Set-Paragraph $Example['maml:introduction'] @($pieces[0..$code] | Where-Object { -not $_.IsCode } | ForEach-Object Text)
    $Example['dev:code'].InnerText = $pieces[$code].Text
    # The empty one keeps the next example at a distance.
    Set-Paragraph $Example['dev:remarks'] (@($pieces[($code + 1)..$pieces.Count] | Where-Object { $_ } | ForEach-Object Text) + '')
}

function Save-HelpFile {
    <#
    .SYNOPSIS
        Writes a help file that platyPS made, as plain text in paragraphs, beside the digests of its pages.
    #>
    [CmdletBinding()]
    param(
        # The file that platyPS made.
        [Parameter(Mandatory)][string] $Path,

        # The pages as platyPS read them: it leaves out the default values.
        [Parameter(Mandatory)][object[]] $CommandHelp,
        [Parameter(Mandatory)][string] $PageDirectory,
        [Parameter(Mandatory)][string] $Destination
    )

    $document = [xml]::new()
    $document.Load($Path)
    $names = [Xml.XmlNamespaceManager]::new($document.NameTable)
    $names.AddNamespace('maml', 'http://schemas.microsoft.com/maml/2004/10')
    $names.AddNamespace('command', 'http://schemas.microsoft.com/maml/dev/command/2004/10')

    foreach ($element in @($document.SelectNodes('//maml:description | //maml:alert', $names))) {
        Set-Paragraph $element @(Split-Markdown (@($element.ChildNodes | ForEach-Object InnerText) -join "`n`n") | ForEach-Object Text)
    }
    foreach ($example in @($document.SelectNodes('//command:example', $names))) { Edit-Example $example }

    # Types as PowerShell writes them in its own syntax: string[], Module.
    foreach ($type in @($document.SelectNodes('//command:parameterValue', $names))) {
        $type.InnerText = $type.InnerText -replace '^System\.String', 'string' -replace '^.*[.+](?=\w)'
    }
    foreach ($page in $CommandHelp) {
        foreach ($parameter in $page.Parameters | Where-Object DefaultValue) {
            $place = "//command:command[command:details/command:name='$($page.Title)']//command:parameter[maml:name='$($parameter.Name)']"
            foreach ($element in @($document.SelectNodes($place, $names))) {
                $value = $document.CreateElement('dev', 'defaultValue', 'http://schemas.microsoft.com/maml/dev/2004/10')
                $value.InnerText = $parameter.DefaultValue
                $null = $element.AppendChild($value)
            }
        }
    }
    foreach ($link in @($document.SelectNodes('//maml:navigationLink', $names))) {
        if ($link['maml:linkText'].InnerText -eq 'Online Version') { $null = $link.ParentNode.RemoveChild($link) }
        else { $link['maml:uri'].InnerText = '' }
    }

    $settings = [Xml.XmlWriterSettings] @{ Indent = $true; NewLineChars = "`n"; Encoding = [Text.UTF8Encoding]::new($false) }
    $writer = [Xml.XmlWriter]::Create([IO.Path]::Combine($Destination, [IO.Path]::GetFileName($Path)), $settings)
    try {
        $document.Save($writer)
        $writer.WriteWhitespace("`n")
    }
    finally { $writer.Dispose() }
    [IO.File]::WriteAllText([IO.Path]::Combine($Destination, $digestName), (@(Get-PageDigest $PageDirectory) -join "`n") + "`n")
}

Export-ModuleMember -Function Get-PageDigest, Save-HelpFile
