"""Hosts files as people have them."""

# Lines that repeat an address and a name, each with other aliases.
REPEATED = b"""127.0.0.1 localhost
127.0.0.1 localhost localhost.localdomain
10.20.0.5 git.corp.example
10.20.0.5 git.corp.example mirror.corp.example # moved
"""
# The canonical name of an address is not its first name by bytes.
ORDER = b"""127.0.0.1\tlocalhost
127.0.0.1\tapi.corp.example
192.168.50.10\tnas.lan nas
192.168.50.10\tbackup.lan
127.0.1.1\tweb1.corp.example web1
"""
ONE_BAD = b"10.20.0.5 ok1.lan ok2.lan bad-.lan\n10.20.0.6 *.dev.lan\n10.20.0.7 ok3.lan\n10.20.0.8 ok4.lan\n"
SECTIONS = b"""# --- servers ---
10.20.0.10 nas.lan

#10.20.0.11 old-printer.lan # broken
# --- phones ---
# desk
10.20.0.12 desk.lan

# hall
10.20.0.13 hall.lan
# end
"""
# musl reads the first line in two parts, and the end of the comment as a line of its own.
_ALIASES = " ".join(f"alias{n}.lan" for n in range(60))
LONG = f"10.20.0.20 router.lan {_ALIASES}\n10.20.0.21 quiet.lan # {'x' * 492}10.66.6.6 router.lan\n".encode()

FILES = {"repeated": REPEATED, "order": ORDER, "one bad": ONE_BAD, "sections": SECTIONS, "long": LONG}
