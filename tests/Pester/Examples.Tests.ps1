BeforeDiscovery {
    # Those whose examples name the samples, or what an example before made.
    $pages = 'Get-CheckpointTensor', 'Compare-Checkpoint', 'Convert-Checkpoint', 'Export-ModelCheckpoint' | ForEach-Object {
        @{ Name = $_; Page = [IO.Path]::GetFullPath("$PSScriptRoot/../../docs/en-US/$_.md") }
    }
}

BeforeAll { . "$PSScriptRoot/Setup.ps1" }

Describe 'The examples of <Name>' -ForEach $pages {
    BeforeAll {
        $folder = New-Item -ItemType Directory "$TestDrive/$Name"
        Copy-Item $samples "$folder/samples" -Recurse
        Copy-Item "$samples/boring.pt" "$folder/model.pt"
        Push-Location $folder
        $examples = [regex]::Matches((Get-Content $Page -Raw), '(?ms)^### (?<title>Example[^\r\n]*)(?<text>.*?)(?=^##)')
    }

    AfterAll { Pop-Location }

    It 'run one after the other, and do what they show' {
        $examples.Count | Should -BeGreaterThan 2
        foreach ($example in $examples) {
            $code = [regex]::Match($example.Groups['text'].Value, '(?ms)^```powershell\r?\n(.*?)^```').Groups[1].Value
            $title = $example.Groups['title'].Value
            $shown = [regex]::Match($example.Groups['text'].Value, '(?ms)^```output\r?\n(.*?)^```').Groups[1].Value

            # In this scope: an example may use what one before it set. What is said by -WhatIf goes to the host.
            $ErrorActionPreference = 'Stop'
            $output = try { . ([scriptblock]::Create($code)) | Out-String -Width 80 } catch { throw "${title}: $_" }

            if ($shown -and $shown -notlike '*What if:*') {
                ($output -replace '\x1b\[[0-9;]*m' -split '\r?\n').TrimEnd() -ne '' |
                    Should -Be (($shown -split '\r?\n').TrimEnd() -ne '') -Because $title
            }
        }
    }
}
