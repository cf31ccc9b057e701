-- Nothing to do: no answer is lost on the way from an engine in the same process.
SELECT TRUE AS held
