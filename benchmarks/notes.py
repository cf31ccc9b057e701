"""Why a bar is missed where it is: the floor, and what was tried. Told on the page only where the figure misses."""

NOTES: dict[tuple[int, str], str] = {}
