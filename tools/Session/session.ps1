# What the picture in the README shows: each line is typed, and what comes is what the module says.
Get-CheckpointInfo story-200.pt -Key model* -Tree
$null = New-PSDrive story Checkpoint story-200.pt
dir story:/model_state_dict/model/layers/0/self_attn -Recurse -Filter *.weight
Compare-Checkpoint story-100.pt story-200.pt -Key *.q_proj.weight | Select -First 3
