#!/usr/bin/env bash
# A SLURM of one machine with two CPUs, for tests: munged, slurmctld and slurmd on loopback, without systemd, cgroups and
# an accounting database. All that it writes lies in FOLDER.
#
#   tests/slurm/cluster.sh start FOLDER [PORT]   then: export SLURM_CONF=FOLDER/slurm.conf
#   tests/slurm/cluster.sh stop FOLDER
#
# Debian: apt-get install --no-install-recommends munge slurm-client slurmctld slurmd
set -euo pipefail
export PATH="$PATH:/usr/sbin"

start() {
	local host user
	host=$(hostname -s)
	user=$(id -un)
	mkdir -p "$folder/state" "$folder/spool"
	chmod 755 "$folder"
	(umask 077 && head -c 1024 /dev/urandom >"$folder/munge.key")
	cat >"$folder/slurm.conf" <<-CONF
		ClusterName=tests
		SlurmctldHost=$host(127.0.0.1)
		SlurmctldPort=$port
		SlurmdPort=$((port + 1))
		CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
		SlurmUser=$user
		SlurmdUser=$user
		AuthType=auth/munge
		# A job that is requeued waits for as long as its credentials hold: by default two minutes.
		AuthInfo=socket=$folder/munge.socket,cred_expire=5
		MpiDefault=none
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		JobAcctGatherType=jobacct_gather/none
		AccountingStorageType=accounting_storage/none
		SelectType=select/cons_tres
		SelectTypeParameters=CR_CPU_Memory
		DefMemPerCPU=1000
		SchedulerType=sched/builtin
		SchedulerParameters=batch_sched_delay=0,sched_interval=1
		SlurmdParameters=config_overrides
		StateSaveLocation=$folder/state
		SlurmdSpoolDir=$folder/spool
		SlurmctldPidFile=$folder/slurmctld.pid
		SlurmdPidFile=$folder/slurmd.pid
		SlurmctldLogFile=$folder/slurmctld.log
		SlurmdLogFile=$folder/slurmd.log
		MailProg=/bin/true
		JobRequeue=1
		ReturnToService=2
		KillWait=10
		OverTimeLimit=0
		NodeName=$host NodeAddr=127.0.0.1 CPUs=2 RealMemory=8000 State=UNKNOWN
		PartitionName=usual Nodes=$host Default=YES MaxTime=1-00:00:00 State=UP
		PartitionName=other Nodes=$host MaxTime=1-00:00:00 State=UP
	CONF
	# slurmd makes itself a group of processes where it may; the older kind asks no daemon of systemd.
	printf 'CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n' >"$folder/cgroup.conf"
	munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
		--log-file="$folder/munged.log" --seed-file="$folder/munged.seed"
	slurmctld -f "$folder/slurm.conf"
	slurmd -f "$folder/slurm.conf"
	for _ in $(seq 100); do
		if SLURM_CONF=$folder/slurm.conf sinfo --noheader --format=%t 2>/dev/null | grep -q idle; then
			return
		fi
		sleep 0.1
	done
	echo "SLURM did not come up within 10 s; its logs are in $folder." >&2
	exit 1
}

stop() {
	local pids=() pid
	SLURM_CONF=$folder/slurm.conf timeout 5 scancel --full --signal=KILL --user="$(id -un)" 2>/dev/null || true
	for name in slurmd slurmctld munged; do
		if pid=$(cat "$folder/$name.pid" 2>/dev/null); then
			kill "$pid" 2>/dev/null && pids+=("$pid") || true
		fi
	done
	for _ in $(seq 100); do
		for pid in "${pids[@]}"; do
			kill -0 "$pid" 2>/dev/null && sleep 0.1 && continue 2
		done
		return
	done
}

command=${1:?start or stop} folder=$(realpath -m "${2:?a folder}") port=${3:-17817}
case $command in
start) start ;;
stop) stop ;;
*)
	echo "start or stop, not $command" >&2
	exit 2
	;;
esac
