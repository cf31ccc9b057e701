"""`python -m hostsdb`, the same as the command `hostsdb`."""

from hostsdb.cli import main

if __name__ == "__main__":
    main()
