#!/bin/sh
# Builds a database as a SLURM array, one task for each share of the performers, then puts the shares
# together. docs/SCALING.md explains it.
#
#   export STASHDB_API_KEY=...        # SLURM passes the environment on
#   first=$(sbatch --parsable --array=0-7 deploy/slurm-array.sh build)
#   sbatch --dependency=afterok:"$first" deploy/slurm-array.sh merge
#
# A task that is killed or requeued goes on where its state says. Upstreams count requests by key, not
# by task: multiply rate_limit_delay in the configuration by the number of shares.
#SBATCH --job-name=rollcall
#SBATCH --cpus-per-task=4
#SBATCH --mem=4G
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --signal=INT@120
set -eu

config=${ROLLCALL_CONFIG:-builder_config.yaml}
state=${ROLLCALL_STATE:-state}
shares=${ROLLCALL_SHARES:-8}

case "${1:-build}" in
build)
    exec rollcall build --config "$config" --partition "$SLURM_ARRAY_TASK_ID/$shares" \
        --state "$state/$SLURM_ARRAY_TASK_ID" --out "$state/$SLURM_ARRAY_TASK_ID/db"
    ;;
merge)
    set --
    share=0
    while [ "$share" -lt "$shares" ]; do
        set -- "$@" --state "$state/$share"
        share=$((share + 1))
    done
    exec rollcall merge --config "$config" "$@" --out "${ROLLCALL_DB:-db}"
    ;;
*)
    echo "usage: $0 build|merge" >&2
    exit 2
    ;;
esac
