"""`python -m adaptstilts` is the command line."""

from adaptstilts.cli.main import main

main()
