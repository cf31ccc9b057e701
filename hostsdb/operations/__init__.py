"""What a storage can do, each operation once, for every engine and both call styles.

An operation is a generator: it yields a Statement (or a Load) and is sent the rows. It never sees a connection.
"""
