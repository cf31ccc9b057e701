"""The commands, one module for each group. No command imports another one."""
