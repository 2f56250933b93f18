# The pages of docs/ whose examples run: code stands in a fence of powershell, and what it shows in a fence of output behind it.
$fence = '(?ms)^```powershell\r?\n(?<code>.*?)^```[ ]*\r?\n(?:\s*^```output\r?\n(?<shown>.*?)^```)?'

function Get-Line([string] $Text) {
    , @(($Text -replace '\x1b\[[0-9;]*m' -split '\r?\n').TrimEnd() -ne '')
}

<#
.SYNOPSIS
Makes the folder that the examples run in: the samples, and files of the names that examples use.
#>
function New-PageFolder([Parameter(Mandatory)] [string] $Path) {
    $root = [IO.Path]::GetFullPath("$PSScriptRoot/..")
    $folders = 'samples', 'models', 'registry', 'manifests', 'llm', 'tests/fixtures'
    $null = New-Item -ItemType Directory ($folders | ForEach-Object { "$Path/$_" })
    Copy-Item "$root/samples/*" "$Path/samples" -Recurse
    Copy-Item "$root/samples/boring.pt" "$Path/model.pt"
    Copy-Item "$root/samples/*.pt" "$Path/models"
    Copy-Item "$root/tests/fixtures/definitions/gpt2.txt" $Path
    Copy-Item "$root/tests/fixtures/sharded-safetensors/*" "$Path/llm"
    Copy-Item "$root/tests/fixtures/bad-truncated-zip.pt", "$root/tests/fixtures/legacy-whole-module.pth" "$Path/tests/fixtures"
    Convert-Checkpoint "$Path/model.pt" "$Path/model.safetensors"
    $key = [Security.Cryptography.ECDsa]::Create([Security.Cryptography.ECCurve+NamedCurves]::nistP256)
    Set-Content -LiteralPath "$Path/private.pem" $key.ExportPkcs8PrivateKeyPem()
    Set-Content -LiteralPath "$Path/public.pem" $key.ExportSubjectPublicKeyInfoPem()
}

# Examples that cannot run like this, and why.
$unrunnable = @{
    'exit'                 = 'it ends the process'
    'hf://'                = 'it needs the hub'
    'Invoke-Item'          = 'it opens a browser'
    'AssemblyPath'         = 'it needs an assembly of the reader'
    'signer.pem'           = 'it needs certificates of the reader'
    'bert.safetensors'     = 'it needs a model of the reader'
    'vit.safetensors'      = 'it needs a model of the reader'
    'gpt2.safetensors'     = 'it needs a model of the reader'
    'llama-70b'            = 'it needs a model of the reader'
}

<#
.SYNOPSIS
Runs the examples of a page one after the other in the current folder, in 80 columns. A later one has the variables of those before.
.OUTPUTS
For each the heading above it, its code, what the page says that it shows (nothing when the page does not), and what it showed.
#>
function Invoke-Page([Parameter(Mandatory)] [string] $Path, [string] $Section) {
    # Names that no example has.
    $pageText = Get-Content -LiteralPath $Path -Raw
    $pageStart = $Section ? $pageText.IndexOf($Section) : 0
    foreach ($pageMatch in [regex]::Matches($pageText.Substring($pageStart), $fence)) {
        $pageTitle = [regex]::Matches($pageText.Substring(0, $pageStart + $pageMatch.Index), '(?m)^#+ (.*?)\r?$').ForEach({ $_.Groups[1].Value })[-1]
        $ErrorActionPreference = 'Stop'
        $pageReason = $unrunnable.Keys.Where({ $pageMatch.Groups['code'].Value -match "(?<![\w-])$([regex]::Escape($_))" }, 'First').ForEach({ $unrunnable[$_] })[0]
        $pageOutput = try {
            if ($pageReason) { '' } else { . ([scriptblock]::Create($pageMatch.Groups['code'].Value)) | Out-String -Width 80 }
        }
        catch {
            throw "${pageTitle}: $_"
        }

        # Where the reader's folder is, nobody knows.
        $pageOutput = $pageOutput.Replace($PWD.ProviderPath, '/home/you/LowMem')
        [pscustomobject]@{
            Title  = $pageTitle
            Code   = $pageMatch.Groups['code'].Value
            Shown  = $pageMatch.Groups['shown'].Success ? (Get-Line $pageMatch.Groups['shown'].Value) : $null
            Output = Get-Line $pageOutput
            Raw    = $pageOutput
            NotRun = $pageReason
        }
    }
}

<#
.SYNOPSIS
Writes into a page what its examples show now, where it says that they show something.
#>
function Update-Page([Parameter(Mandatory)] [string] $Path, [string] $Section) {
    $results = @(Invoke-Page $Path $Section)
    $script:next = 0
    $page = Get-Content -LiteralPath $Path -Raw
    $start = $Section ? $page.IndexOf($Section) : 0
    $text = $page.Substring(0, $start) + [regex]::Replace($page.Substring($start), $fence, {
        param($match)
        $result = $results[$script:next++]
        if (-not $match.Groups['shown'].Success -or $result.NotRun -or $match.Groups['shown'].Value -like '*What if:*') { return $match.Value }
        $lines = ($result.Raw -replace '\x1b\[[0-9;]*m').Trim("`r", "`n") -split '\r?\n'
        $match.Value.Substring(0, $match.Groups['shown'].Index - $match.Index) + ($lines.TrimEnd() -join "`n") + "`n" + '```'
    })
    Set-Content -LiteralPath $Path -Value $text -NoNewline
}

Export-ModuleMember -Function New-PageFolder, Invoke-Page, Update-Page
