# What the picture in the README shows: each line is typed, and what comes is what the module says.
Get-CheckpointInfo story-200.pt -Key model* -Tree
Compare-Checkpoint story-100.pt story-200.pt -Key *.5.mlp.*
$null = New-PSDrive story Checkpoint story-200.pt
cd story:/model_state_dict/model/layers/5
dir
gc mlp/up_proj/weight -TotalCount 2
