"""Where steps run: in this process, in several, on a Ray cluster, under Slurm."""

from adaptstilts.launch.execution import run as run
from adaptstilts.launch.front import Event as Event
from adaptstilts.launch.front import Outcome as Outcome
