# What the picture in the README shows: each line is typed, and what comes is what the module says.
Get-CheckpointInfo story-200.pt -Key model*layers.0.*
Compare-Checkpoint story-100.pt story-200.pt -Key model* | Select-Object -First 4
Test-Checkpoint story-200.pt -Level Values
