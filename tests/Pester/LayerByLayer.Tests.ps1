# A model that is run one layer at a time: samples/Invoke-LayerByLayer.ps1, of which docs/layer-by-layer.md tells.

BeforeAll { . "$PSScriptRoot/Setup.ps1" }

Describe 'samples/Invoke-LayerByLayer.ps1' {
    It 'computes what PyTorch computes, <Mode>' -ForEach @(
        @{ Mode = 'resident'; Mapped = $false }
        @{ Mode = 'mapped'; Mapped = $true }) {
        $row = Get-Flat @($expected.input)[0]
        $result = & "$samples/Invoke-LayerByLayer.ps1" -Path "$samples/boring.pt" -InputRow $row -Mapped:$Mapped -Module $modulePath

        $result.LayerCount | Should -Be 4
        $result.ModelBytes | Should -Be 1088
        $wanted = Get-Flat @($expected.output)[0]
        for ($i = 0; $i -lt $wanted.Count; $i++) { [Math]::Abs($result.Output[$i] - $wanted[$i]) | Should -BeLessThan 1e-6 }
    }

    It 'takes the memory of a layer, and not of the model' {
        # 24 layers of 4 MiB.
        $width = 1024
        $model = New-ModelSkeleton { [ordered]@{ layers = @(1..24 | ForEach-Object { [TorchSharp.torch+nn]::Linear($width, $width, $false) }) } }
        $big = "$TestDrive/big.safetensors"
        $header = [ordered]@{}
        $end = [long] 0
        foreach ($parameter in Get-ModuleParameter $model) {
            $header[$parameter.Key] = @{ dtype = 'F32'; shape = @($width, $width); data_offsets = @($end, ($end + $parameter.ByteLength)) }
            $end += $parameter.ByteLength
        }
        $json = [Text.Encoding]::UTF8.GetBytes(($header | ConvertTo-Json -Depth 3 -Compress))
        $file = [IO.File]::Create($big)
        $file.Write([BitConverter]::GetBytes([long] $json.Length))
        $file.Write($json)
        $file.SetLength($file.Length + $end)
        $file.Dispose()

        # In a process of its own: what the tests before left behind is no matter of the sample.
        $result = Invoke-ChildScript "& '$samples/Invoke-LayerByLayer.ps1' -Path '$big' | Select-Object LayerCount, ModelBytes, LayerBytes, PeakBytes | ConvertTo-Json" | Out-String | ConvertFrom-Json

        $result.LayerCount | Should -Be 24
        $result.ModelBytes | Should -Be (96 * 1MB)
        $result.LayerBytes | Should -Be 4MB
        $result.PeakBytes | Should -BeLessThan (48 * 1MB)
    }
}
