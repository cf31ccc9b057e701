"""The operations of a storage, written once for all engines and both call styles.

An operation is a generator. It yields a Statement (or a Load), and is sent the rows. It does not use a connection.
"""
