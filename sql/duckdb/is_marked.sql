SELECT txid_current() = :marker AS is_marked
