"""What the gateway answers by itself: accounts, sessions, keys, files in and out, stored answers, documents."""
