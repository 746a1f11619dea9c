"""The key ring and the values stored under it: count, check and re-encrypt them."""
