"""The vault: what rows say of persons, sealed under a key for each lead, and the pseudonyms that find it again."""
