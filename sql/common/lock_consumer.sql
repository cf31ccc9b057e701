-- Nothing to do: one transaction writes at a time here, and `begin` has waited for its turn.
SELECT TRUE AS is_locked
