"""Storage and AsyncStorage, the classes for applications. Each method runs one operation on one engine."""

from hostsdb.storage.asynchronous import AsyncStorage
from hostsdb.storage.synchronous import Storage

__all__ = ["AsyncStorage", "Storage"]
