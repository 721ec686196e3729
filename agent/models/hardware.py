"""Detect the GPU and memory of this machine, without loading torch."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

import psutil

from agent.models.catalogue import Machine

_CGROUP_LIMITS = (
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
)


def this_machine() -> Machine:
    """Free memory of the GPU and the machine in bytes, within a container's limit."""
    memory = min(psutil.virtual_memory().available, _limit())
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return Machine(0, memory, "Apple GPU", shared=True)
    name, free = _nvidia()
    return Machine(free, memory, name)


def _limit() -> int:
    for path in _CGROUP_LIMITS:
        try:
            return int(Path(path).read_text().strip())
        except (OSError, ValueError):  # not there, or "max"
            continue
    return 2**63


def _nvidia() -> tuple[str, int]:
    """(names, total free bytes) of NVIDIA GPUs."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return "", 0
    options = ["--query-gpu=name,memory.free", "--format=csv,noheader,nounits"]
    try:
        output = subprocess.run(
            [tool, *options], capture_output=True, text=True, timeout=10, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return "", 0
    rows = [line.rsplit(",", 1) for line in output.splitlines() if "," in line]
    names = ", ".join(dict.fromkeys(name.strip() for name, _ in rows))
    return names, sum(int(free) for _, free in rows if free.strip().isdigit()) * 2**20
