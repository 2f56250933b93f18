#!/bin/bash
# Tests checkpoints as an array of Slurm: each task is one part, on whatever node is free.
#
#   export LOWMEM_MODELS=/models LOWMEM_REPORTS=/reports/nightly LOWMEM_SAMPLES=/opt/lowmem/samples/fleet
#   tests=$(sbatch --parsable --array=1-32 slurm-array.sh)
#   sbatch --dependency=afterany:$tests --wrap "pwsh -NoProfile -File $LOWMEM_SAMPLES/Join-Part.ps1 -ReportDirectory $LOWMEM_REPORTS"
#
# A task ends with 0 when nothing is wrong in its share, with 1 when something is, and with 2 when it could not be run; that one is
# put back into the queue, twice. What all of them say together is the exit code of the job that joins them.
#SBATCH --job-name=lowmem-test
#SBATCH --ntasks=1
#SBATCH --requeue
#SBATCH --open-mode=append
set -u
part=$((SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN + 1))
count=$SLURM_ARRAY_TASK_COUNT

"${LOWMEM_PWSH:-pwsh}" -NoProfile -File "$LOWMEM_SAMPLES/Test-Part.ps1" -Part "$part/$count" \
    -Path "$LOWMEM_MODELS" -ReportDirectory "$LOWMEM_REPORTS" -Level "${LOWMEM_LEVEL:-Checksum}" \
    ${LOWMEM_MODULE:+-Module "$LOWMEM_MODULE"}
code=$?

if [ $code -ne 0 ] && [ $code -ne 1 ] && [ $code -ne 64 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 2 ]; then
    scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}" && sleep 60
fi
exit $code
