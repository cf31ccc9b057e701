-- IMMEDIATE: a writer waits for its turn at the start, instead of failing in the middle.
BEGIN IMMEDIATE -- noqa: PRS
