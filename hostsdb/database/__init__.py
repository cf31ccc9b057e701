"""An open database: how it is opened, how operations run on it, and how its log is followed."""
