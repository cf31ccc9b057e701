"""The engines: how to connect, run a statement, load rows, and map the driver's errors."""
