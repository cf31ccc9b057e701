-- Each transaction has another id.
SELECT txid_current() AS marker
