"""A Hub on the loopback: a server that speaks the Hub's protocol, scripted faults, and a process whose clients talk to it."""

from tests.loopback.client import Client
from tests.loopback.faults import Fault
from tests.loopback.repository import Repository, from_folder
from tests.loopback.server import LoopbackHub

__all__ = ["Client", "Fault", "LoopbackHub", "Repository", "from_folder"]
