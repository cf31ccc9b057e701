-- Not IMMEDIATE: it only reads, and in WAL mode writers go on meanwhile and are not seen.
BEGIN -- noqa: PRS
