"""Where steps run: in this process, in several, on a Ray cluster, under Slurm."""

from adaptstilts.launch.front import Event as Event
from adaptstilts.launch.front import Outcome as Outcome
from adaptstilts.launch.running import run as run
